package runner

import (
	"context"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"apixo-batch/runner/apixo"
)

// keepTime bounds how long the answer to a delivery waits for the state to have what
// it tells. The sender waits for 30 s (API document, section 6).
const keepTime = 5 * time.Second

// Webhooks takes the deliveries that submits ask for with a CallbackURL: POSTs to
// a path whose last element is the nonce of a submit that the state knows. One is
// answered with 200 once the state has what it tells, which may take keepTime, or has
// no use for that; else with 503, and APIXO repeats it. Any other path gets 404, which
// tells nothing. It may serve from the moment that the Runner is made, and as long as
// the Store is open.
// The server around it bounds connections and their time.
//
// A delivery is a hint and no more, since nothing in it is signed. What it names is
// asked for before anything is recorded.
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
		return
	case req.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	taskID, settled := "", spend.TaskID != ""
	if !settled { // else the ID is known, and the body of no use
		// One that is too long, or is cut off, may name its task all the same.
		body, _ := io.ReadAll(io.LimitReader(req.Body, apixo.MaxDelivery))
		taskID = apixo.DeliveredTaskID(body)
	}
	if !r.takeDelivery(req.Context(), nonce, taskID, settled) {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// takeDelivery passes on what a delivery tells, and reports whether it need not be
// repeated. Whoever may change the submit's record writes it down; where nobody can
// before keepTime is over, it is only remembered as long as the process lives.
func (r *Runner) takeDelivery(ctx context.Context, nonce, taskID string, settled bool) bool {
	kept, taken := r.deliveries.take(nonce, taskID, settled)
	if kept == nil {
		return taken
	}
	if _, taken := ownerOf(r.opts.Store, taskID, nonce); taken {
		return true // another's task, which is never believed
	}
	if _, can := naming(r.opts.Store, nonce, taskID); !can {
		return false
	}
	timer := time.NewTimer(keepTime)
	defer timer.Stop()
	select {
	case <-kept.safe:
		return true
	case <-timer.C:
		return false
	case <-ctx.Done():
		return false
	}
}
