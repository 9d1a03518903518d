package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// refusal is an answer that is not 200, in the API's envelope.
type refusal struct {
	status     int
	message    string
	retryAfter string // the header of that name; empty sends none
}

func (r refusal) Error() string { return fmt.Sprintf("%d %s", r.status, r.message) }

func refuse(status int, format string, args ...any) error {
	return refusal{status: status, message: fmt.Sprintf(format, args...)}
}

// messages are the texts of the API document, section 10, where it has one.
var messages = map[int]string{
	http.StatusBadRequest:          "Invalid request",
	http.StatusUnauthorized:        "Invalid or missing API key",
	http.StatusPaymentRequired:     "Insufficient balance",
	http.StatusForbidden:           "Content violates usage policy",
	http.StatusNotFound:            "Model or task not found",
	http.StatusTooManyRequests:     "Provider rate limited, please retry later",
	http.StatusInternalServerError: "Internal server error",
	http.StatusServiceUnavailable:  "Service temporarily unavailable",
	http.StatusGatewayTimeout:      "Provider timeout, please retry later",
}

func messageOf(status int) string {
	if m, ok := messages[status]; ok {
		return m
	}
	if m := http.StatusText(status); m != "" {
		return m
	}
	return "Error"
}

// data is null, or the provider's identifier of an immediate error (API document,
// section 10). The document does not show where that stands; it stands here as in
// a failed task.
func (f fault) data() any {
	if f.failCode == "" {
		return nil
	}
	return map[string]any{"failCode": f.failCode, "failMsg": failMessage(f.failCode)}
}

// encodeEnvelope is {code,message,data} (API document, section 2). The 401 has
// no data, the other errors have null.
func encodeEnvelope(code int, message string, data any) []byte {
	type head struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	var body any = struct {
		head
		Data any `json:"data"`
	}{head{code, message}, data}
	if code == http.StatusUnauthorized && data == nil {
		body = head{code, message}
	}
	return encode(body)
}

func encode(body any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		panic(err) // bodies are ours: strings, numbers and maps of them
	}
	return b.Bytes()
}

func success(data any) []byte { return encodeEnvelope(http.StatusOK, "success", data) }

const contentJSON = "application/json"

// writeError answers with a refusal, or with 500 for any other error.
func writeError(w http.ResponseWriter, err error) {
	var r refusal
	if !errors.As(err, &r) {
		r = refusal{status: http.StatusInternalServerError, message: err.Error()}
	}
	fault{shape: envelope, status: r.status, message: r.message, retryAfter: r.retryAfter}.write(w, "", nil, nil)
}

// write sends the answer of the fault in place of the right one. For shapes
// that end the connection it panics with http.ErrAbortHandler, as net/http has it.
// pause is how slow answers wait.
func (f fault) write(w http.ResponseWriter, contentType string, right []byte, pause func(time.Duration)) {
	if f.retryAfter != "" {
		w.Header().Set("Retry-After", f.retryAfter)
	}
	message := f.message
	if message == "" {
		message = messageOf(f.status)
	}
	switch f.shape {
	case sound, otherTask, oddState, earlierState:
		send(w, http.StatusOK, contentType, right)
	case late:
		pause(lateness)
		send(w, http.StatusOK, contentType, right)
	case twice:
		send(w, http.StatusOK, contentType, slices.Concat(right, right))
	case redirect:
		w.Header().Set("Location", elsewhere)
		send(w, f.status, "text/html", gatewayPage(f.status))
	case envelope:
		send(w, f.status, contentJSON, encodeEnvelope(f.status, message, f.data()))
	case errorKey:
		send(w, f.status, contentJSON, encode(map[string]any{"code": f.status, "error": message}))
	case errorObject:
		send(w, f.status, contentJSON, encodeEnvelope(f.status, http.StatusText(f.status), map[string]any{"error": message}))
	case page:
		send(w, f.status, "text/html", gatewayPage(f.status))
	case empty:
		send(w, f.status, "", nil)
	case garbage:
		send(w, f.status, contentJSON, []byte("{\"code\":200,\"mess\x00\xff"))
	case mismatch:
		send(w, http.StatusOK, contentJSON, encodeEnvelope(f.status, message, f.data()))
	case noTaskID:
		send(w, http.StatusOK, contentJSON, success(nil))
	case drop:
		panic(http.ErrAbortHandler)
	default:
		f.writeParts(w, contentType, right, pause)
	}
}

// elsewhere is where redirects lead: the address at which clouds tell a machine
// its secrets, and no client has any business.
const elsewhere = "http://169.254.169.254/latest/meta-data/"

// writeParts sends what comes in parts, or only in part.
func (f fault) writeParts(w http.ResponseWriter, contentType string, right []byte, pause func(time.Duration)) {
	length, end := len(right), len(right)
	switch f.shape {
	case cut, stall:
		end = length / 2
	case cutHead:
		end = 0
	case cutAnywhere:
		end = draw(0, "cut", string(right)).IntN(length + 1)
	case cutTail:
		length++
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(length))
	if f.shape == trickle {
		for drop := range slices.Chunk(right, 1+length/drops) {
			w.Write(drop)
			http.NewResponseController(w).Flush()
			pause(dropGap)
		}
		return
	}
	w.Write(right[:end])
	http.NewResponseController(w).Flush()
	if f.shape == stall {
		pause(stalling)
	}
	panic(http.ErrAbortHandler)
}

// gatewayPage is what a proxy sends that knows nothing of the envelope.
func gatewayPage(status int) []byte {
	title := fmt.Sprintf("%d %s", status, http.StatusText(status))
	return fmt.Appendf(nil, "<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center><h1>%s</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n", title, title)
}

func send(w http.ResponseWriter, status int, contentType string, body []byte) {
	if contentType != "" {
		w.Header().Set("Content-Type", contentType)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body) // an error is kept by the recorder around w
}
