package runner

import (
	"io"
	"net/http"
	"path"
	"strings"

	"apixo-batch/runner/apixo"
)

// Webhooks takes the deliveries that submits ask for with a CallbackURL: POSTs to
// a path whose last element is the nonce of a submit that the state knows. Each
// is answered with 200 at once, or with 503 once Run has ended and the state does not
// know the submit's task; any other path with 404, which tells nothing. It may
// serve from the moment that the Runner is made, and as long as the Store is open.
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
	if !r.deliveries.take(nonce, taskID, settled) {
		w.WriteHeader(http.StatusServiceUnavailable) // and APIXO repeats it
		return
	}
	w.WriteHeader(http.StatusOK)
}
