package simulator

import (
	"container/heap"
	"strconv"
	"time"
)

// gate holds the limits of one scope: the account, or a model.
type gate struct {
	limits  Limits
	tokens  float64
	filled  time.Time
	running ends
	most    int // running at the same time, ever
}

func newGate(l Limits, now time.Time) *gate {
	if l.Burst == 0 {
		l.Burst = max(l.RequestsPerMinute/60, 1)
	}
	return &gate{limits: l, tokens: float64(l.Burst), filled: now}
}

// hasToken reports whether a request may pass now.
func (g *gate) hasToken(now time.Time) bool {
	if g.limits.RequestsPerMinute == 0 {
		return true
	}
	// Time that was converted to tokens in floats needs a grain of tolerance: a
	// caller that waits exactly one interval has earned its token.
	const grain = 1e-6
	perSecond := float64(g.limits.RequestsPerMinute) / 60
	g.tokens = min(g.tokens+now.Sub(g.filled).Seconds()*perSecond, float64(g.limits.Burst))
	g.filled = now
	return g.tokens >= 1-grain
}

func (g *gate) takeToken() { g.tokens-- }

// hasRoom reports whether another task may run, and forgets those that ended.
func (g *gate) hasRoom(now time.Time) bool {
	for len(g.running) > 0 && !g.running[0].After(now) {
		heap.Pop(&g.running)
	}
	return g.limits.ConcurrentTasks == 0 || len(g.running) < g.limits.ConcurrentTasks
}

func (g *gate) start(end time.Time) {
	heap.Push(&g.running, end)
	g.most = max(g.most, len(g.running))
}

// ends are the times at which running tasks end, the next one first.
type ends []time.Time

func (e ends) Len() int           { return len(e) }
func (e ends) Less(i, j int) bool { return e[i].Before(e[j]) }
func (e ends) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *ends) Push(x any)        { *e = append(*e, x.(time.Time)) }
func (e *ends) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

// SetLimits changes the limits of the account from now on. What runs goes on.
func (s *Simulator) SetLimits(l Limits) error {
	if err := checkLimits("the account", l); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.account
	s.account = newGate(l, time.Now())
	s.account.tokens = min(old.tokens, s.account.tokens)
	s.account.running, s.account.most = old.running, old.most
	return nil
}

// gates are those that a request for the model has to pass. documented are the
// limits of its page, which the config may replace.
func (s *Simulator) gates(model string, documented Limits) []*gate {
	gates := []*gate{s.account}
	limits, ok := s.config.ModelLimits[model]
	if !ok {
		limits = documented
	}
	if limits == (Limits{}) {
		return gates
	}
	if s.perModel[model] == nil {
		s.perModel[model] = newGate(limits, time.Now())
	}
	return append(gates, s.perModel[model])
}

// retryAfter is the header of the 429 of a limit, empty for none.
func (s *Simulator) retryAfter() string {
	if s.config.RetryAfter == 0 {
		return ""
	}
	return strconv.Itoa(s.config.RetryAfter)
}

// stormy reports whether this is one of the minutes in which every call is
// refused.
func (s *Simulator) stormy(now time.Time) bool {
	p := s.config.Faults.storm
	return p > 0 && draw(s.config.Seed, "storm", strconv.FormatInt(now.Unix()/60, 10)).Float64() < p
}

// admit takes a token of every gate, or of none.
func (s *Simulator) admit(model string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.stormy(now) {
		return refusal{status: 429, message: messageOf(429), retryAfter: s.config.Faults.retryAfter}
	}
	found, _ := findModel(s.config.Catalog, model, false)
	gates := s.gates(model, found.limits)
	for _, g := range gates {
		if !g.hasToken(now) {
			return refusal{status: 429, message: "Too many requests, please retry later", retryAfter: s.retryAfter()}
		}
	}
	for _, g := range gates {
		g.takeToken()
	}
	return nil
}
