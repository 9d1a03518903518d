package simulator

import "net/http"

// recorder remembers what was sent, and whether the connection took it.
type recorder struct {
	http.ResponseWriter
	status int
	err    error
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	if err != nil {
		r.err = err
	}
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// delivered pushes the answer out and reports whether the connection took it.
func (r *recorder) delivered() bool {
	return http.NewResponseController(r).Flush() == nil && r.err == nil
}

// counted notes how each request was answered, also if the handler ends the
// connection.
func (s *Simulator) counted(endpoint string, h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder := &recorder{ResponseWriter: w}
		defer func() { s.count(endpoint, recorder.status) }()
		h(recorder, r)
	})
}
