package runner

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/state"
)

// Webhooks takes the deliveries that submits ask for with a CallbackURL: POSTs to
// a path whose last element is the nonce of a submit that the state knows. One is
// answered with 200 once the task that it names is on disk, or is of no use; else with
// 503, and APIXO repeats it. Any other path gets 404, which tells nothing. It may serve
// from the moment that the Runner is made, and as long as the Store is open.
// The server around it bounds connections and their time.
//
// A delivery is a hint and no more, since nothing in it is signed. What it names is
// asked for before anything is made of it.
func (r *Runner) Webhooks() http.Handler { return http.HandlerFunc(r.serveDelivery) }

// callbackURL is where the delivery for a submit goes. Its nonce, which nobody can
// guess, makes the delivery name the submit.
func (r *Runner) callbackURL(nonce string) string {
	if r.opts.CallbackURL == "" {
		return ""
	}
	return strings.TrimRight(r.opts.CallbackURL, "/") + "/" + nonce
}

func (r *Runner) serveDelivery(w http.ResponseWriter, req *http.Request) {
	// Whatever a proxy makes of the path before it, the nonce is the secret.
	nonce := path.Base(req.URL.Path)
	spend, known := r.opts.Store.Spend(nonce)
	switch {
	case !known:
		w.WriteHeader(http.StatusNotFound)
	case req.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
	case !r.takeDelivery(spend, req.Body):
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		w.WriteHeader(http.StatusOK)
	}
}

// takeDelivery makes durable what a delivery names, and wakes whoever waits for it. It
// returns false where the delivery is to be repeated. Where the submit has its task, the
// body is of no use.
func (r *Runner) takeDelivery(spend state.Spend, from io.Reader) (taken bool) {
	if spend.TaskID != "" {
		r.deliveries.ring(spend.Nonce)
		return true
	}
	body, err := io.ReadAll(io.LimitReader(from, apixo.MaxDelivery))
	taskID := apixo.DeliveredTaskID(body)
	if err != nil || taskID == "" {
		r.unreadable(spend, err)
		return false
	}
	if _, others := r.opts.Store.Owner(taskID, spend.Nonce); !others {
		if err := r.name(spend.Nonce, taskID); err != nil {
			if !errors.Is(err, errTooManyNames) {
				r.deliveries.remember(spend.Nonce, taskID)
				r.deliveries.ring(spend.Nonce)
			}
			return false
		}
	}
	r.deliveries.ring(spend.Nonce)
	return true
}

var errTooManyNames = errors.New("too many tasks were named for it")

// name writes down that a task was named for a submit. Money that had been given back
// counts again, whatever a budget says: it may have been charged.
func (r *Runner) name(nonce, taskID string) error {
	r.naming.Lock() // so that the room, and the money that comes back, are counted once
	defer r.naming.Unlock()
	spend, _ := r.opts.Store.Spend(nonce)
	entry := state.Entry{
		Kind: state.Name, Nonce: nonce, Address: spend.Address, Model: spend.Model, TaskID: taskID,
		Run: spend.Run, Plan: spend.Plan, Cost: spend.Cost, Priced: spend.Priced, At: time.Now(),
	}
	change := state.Change{Op: "named", Money: []state.Entry{entry}}
	if spend.HasName(taskID) {
		return nil
	}
	if !spend.TakesName() {
		unknown := r.deliveries.disowned(nonce)
		if unknown == "" || !spend.HasName(unknown) {
			return errTooManyNames
		}
		room := entry
		room.Kind, room.TaskID = state.Dismiss, unknown
		change.Money = []state.Entry{room, entry}
	}
	err := r.opts.Store.Commit(change)
	switch {
	case err != nil:
		return err
	case spend.Run == r.opts.Run:
		r.purse.follow(r.opts.Store, nonce)
	case !spend.ReleasedAt.IsZero():
		r.purse.recall(spend.Cost)
	}
	return nil
}

// unreadable tells, once for each submit, of a delivery that names no task.
func (r *Runner) unreadable(spend state.Spend, err error) {
	if !r.deliveries.first(spend.Nonce) {
		return
	}
	why := "it names no task"
	if err != nil {
		why = "it broke off"
	}
	r.emit(Event{Kind: Warned, Address: spend.Address, Detail: fmt.Sprintf(
		"a webhook for a submit without a task cannot be made use of: %s; it is answered with 503, so that APIXO repeats it", why)})
}
