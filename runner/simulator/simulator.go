package simulator

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Simulator is the API as an http.Handler, with one account. Any number of
// goroutines may use it.
type Simulator struct {
	config Config
	mux    *http.ServeMux

	mu       sync.Mutex // guards what follows
	ledger   *ledger
	inputs   map[string]*history // by input hash
	polls    map[string]*polls   // by task ID
	account  *gate
	perModel map[string]*gate
	stats    Stats
	balances int           // balance calls
	closed   bool          // no delivery begins any more
	posted   chan struct{} // closed, and made anew, when a webhook has been posted

	deliveries sync.WaitGroup
	begin      func(deliver func(context.Context)) // runs it until it ends, or until Close
	stop       context.CancelFunc
}

// history is what happened to one input.
type history struct {
	submits  int   // that could be read
	accepted int   // of all time, the ledger file's included
	refused  []int // by the markers in the prompt, in their order
}

// polls is what happened to one task's status calls.
type polls struct {
	count int
	last  time.Time
}

// New makes a simulator. It fails if the config contradicts itself or if the
// ledger file cannot be used.
func New(c Config) (*Simulator, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	c.FilesURL = strings.TrimSuffix(c.FilesURL, "/")
	ledger, err := openLedger(c.LedgerFile)
	if err != nil {
		return nil, err
	}
	s := &Simulator{
		config: c, ledger: ledger,
		inputs: map[string]*history{}, polls: map[string]*polls{},
		account: newGate(c.Limits, time.Now()), perModel: map[string]*gate{},
		stats:  Stats{Answers: map[string]map[int]int{}, FetchesByFile: map[string]int{}},
		posted: make(chan struct{}),
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.begin = func(deliver func(context.Context)) { s.deliveries.Go(func() { deliver(ctx) }) }
	for _, a := range ledger.entries {
		h := s.history(a.InputHash)
		h.submits++
		h.accepted++
	}
	s.mux = s.routes()
	return s, nil
}

// Close gives up the webhooks that are out or due, waits for their end, and closes
// the ledger file. No request may come after it.
func (s *Simulator) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.deliveries.Wait()
	if s.ledger.file == nil {
		return nil
	}
	return s.ledger.file.Close()
}

func (s *Simulator) history(hash string) *history {
	if s.inputs[hash] == nil {
		s.inputs[hash] = &history{}
	}
	return s.inputs[hash]
}

const (
	endpointSubmit  = "submit"
	endpointStatus  = "status"
	endpointBalance = "balance"
	endpointFile    = "file"
	endpointOther   = "other"
)

// routes are the API's endpoints, the result files, and the judge's books.
func (s *Simulator) routes() *http.ServeMux {
	mux := http.NewServeMux()
	handle := func(method, path, endpoint string, h http.HandlerFunc) {
		mux.Handle(method+" "+path, s.counted(endpoint, h))
		mux.Handle(path, s.counted(endpointOther, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", method)
			writeError(w, refuse(http.StatusMethodNotAllowed, "Use %s", method))
		}))
	}
	handle("POST", "/api/v1/generateTask/{model}", endpointSubmit, s.authorized(s.serveSubmit))
	handle("GET", "/api/v1/statusTask/{model}", endpointStatus, s.authorized(s.serveStatus))
	handle("GET", "/api/v1/apikeys/current-balance", endpointBalance, s.authorized(s.serveBalance))
	handle("GET", "/files/{task}/{name}", endpointFile, s.serveFile)
	handle("GET", "/ledger", endpointOther, s.serveLedger)
	handle("GET", "/stats", endpointOther, s.serveStats)
	mux.Handle("/", s.counted(endpointOther, func(w http.ResponseWriter, r *http.Request) {
		writeError(w, refuse(http.StatusNotFound, "Not found: %.200s", r.URL.Path))
	}))
	return mux
}

// ServeHTTP answers as the API does. Where an answer is to be lost or cut, it
// panics with http.ErrAbortHandler, which makes an http.Server end the connection.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// authorized lets a request with the key pass.
func (s *Simulator) authorized(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || key == "" || s.config.APIKey != "" && key != s.config.APIKey {
			writeError(w, refuse(http.StatusUnauthorized, "Invalid or missing API key"))
			return
		}
		h(w, r)
	}
}

func (s *Simulator) serveBalance(w http.ResponseWriter, r *http.Request) {
	if err := s.admit(""); err != nil {
		writeError(w, err)
		return
	}
	s.mu.Lock()
	balance := s.balance()
	s.balances++
	f := s.config.Faults.pick(ofBalance, draw(s.config.Seed, "balance", strconv.Itoa(s.balances)))
	s.mu.Unlock()
	f.write(w, contentJSON, success(json.Number(dollars(balance))), s.pauses(r))
}

func (s *Simulator) serveLedger(w http.ResponseWriter, r *http.Request) {
	lines, err := s.jsonLines()
	if err != nil {
		writeError(w, err)
		return
	}
	send(w, http.StatusOK, "application/jsonl", lines)
}

func (s *Simulator) serveStats(w http.ResponseWriter, r *http.Request) {
	body, err := json.MarshalIndent(s.Stats(), "", "  ")
	if err != nil {
		writeError(w, err)
		return
	}
	send(w, http.StatusOK, contentJSON, append(body, '\n'))
}
