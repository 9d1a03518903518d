package runner

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"apixo-batch/runner/apixo"
	"apixo-batch/spec/catalog"
)

// Refused or in doubt, for every answer that a server could give, through the
// real client over a connection in memory. What is expected is worked out here
// from the rules in words, not by the code that is tested:
//
//   - A task ID that came whole, in any answer: accepted.
//   - An answer that is cut before its envelope, or its page, was complete: in doubt.
//   - With the API's envelope, by its code if that is a number other than 200,
//     else by the HTTP status: 4xx refused, 500, 503 and 504 to be repeated, the
//     rest in doubt.
//   - Without it, 401, 403, 404, 407, 413, 414, 429, 431 refused, the rest in doubt.
//
// wireAnswer is one answer of a server.
type wireAnswer struct {
	status  int
	body    string
	chunked bool
	// code is the envelope's, if the body is one: a JSON object with a whole
	// number as code.
	code      float64
	enveloped bool
	idEnd     int // bytes of the body up to the end of a task ID; 0 without one
}

// text is the answer on the wire, and for each number of its bytes how many of
// the body's are among them.
func (a wireAnswer) text() (text string, bodyAt []int) {
	head := fmt.Sprintf("HTTP/1.1 %03d Status\r\nContent-Type: application/json\r\n", a.status)
	var b strings.Builder
	add := func(s string, body bool) {
		for range len(s) {
			n := 0
			if len(bodyAt) > 0 {
				n = bodyAt[len(bodyAt)-1]
			}
			if body {
				n++
			}
			bodyAt = append(bodyAt, n)
		}
		b.WriteString(s)
	}
	if !a.chunked {
		add(head+fmt.Sprintf("Content-Length: %d\r\n\r\n", len(a.body)), false)
		add(a.body, true)
		return b.String(), bodyAt
	}
	add(head+"Transfer-Encoding: chunked\r\n\r\n", false)
	for part := range slices.Chunk([]byte(a.body), 1+len(a.body)/3) {
		add(fmt.Sprintf("%x\r\n", len(part)), false)
		add(string(part), true)
		add("\r\n", false)
	}
	add("0\r\n\r\n", false)
	return b.String(), bodyAt
}

// want is the verdict on the first cut bytes of the answer.
func (a wireAnswer) want(text string, bodyAt []int, cut int) verdict {
	headEnd := strings.Index(text, "\r\n\r\n") + 4
	if a.status < 200 || cut < headEnd {
		return doubtful // 1xx only announce an answer
	}
	bodyless := a.status == 204 || a.status == 304
	came := 0
	if cut > 0 && !bodyless {
		came = bodyAt[cut-1]
	}
	if a.idEnd > 0 && came >= a.idEnd {
		return accepted
	}
	if a.enveloped && came == len(strings.TrimRight(a.body, " ")) {
		status := float64(a.status)
		if a.code != 200 {
			status = a.code
		}
		switch {
		case status == 401:
			return badKey
		case status == 402:
			return noFunds
		case status == 429:
			return throttled
		case status >= 400 && status <= 499:
			return refused
		case status == 500 || status == 503 || status == 504:
			return repeatable
		}
		return doubtful
	}
	if cut < len(text) && !bodyless {
		return doubtful
	}
	switch a.status {
	case 401:
		return badKey
	case 429:
		return throttled
	case 403, 404, 407, 413, 414, 431:
		return refused
	}
	return doubtful
}

// wire is a server in memory that answers every connection with the same bytes
// and then ends it.
type wire struct{ text string }

func (w *wire) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	text := w.text
	go func() {
		defer server.Close()
		r, err := http.ReadRequest(bufio.NewReader(server))
		if err != nil {
			return
		}
		io.Copy(io.Discard, r.Body)
		io.WriteString(server, text)
	}()
	return client, nil
}

func newWire(t *testing.T) (*wire, *apixo.Client) {
	t.Helper()
	w := new(wire)
	key, err := apixo.ParseKey("sk-canary-7c1f0d9e5b")
	if err != nil {
		t.Fatal(err)
	}
	api, err := apixo.New(apixo.Options{
		BaseURL: "http://127.0.0.1", Key: key, HTTP: &http.Transport{DialContext: w.dial, DisableKeepAlives: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w, api
}

func checkWire(t *testing.T, w *wire, api *apixo.Client, a wireAnswer, cuts func(length int) []int) {
	t.Helper()
	text, bodyAt := a.text()
	for _, cut := range cuts(len(text)) {
		w.text = text[:cut]
		answer := api.Submit(t.Context(), "m", apixo.Submission{Input: []byte(`{"prompt":"x"}`)})
		got, want := judgeSubmit(answer, documentedCalls, catalog.Default()), a.want(text, bodyAt, cut)
		if got != want || !answer.Sent {
			t.Errorf("%q: verdict %d, want %d; %+v", text[:cut], got, want, answer)
		}
		if got == accepted && answer.TaskID != "task_1" {
			t.Errorf("%q: task ID %q", text[:cut], answer.TaskID)
		}
	}
}

func whole(length int) []int { return []int{length} }

func everywhere(length int) (cuts []int) {
	for cut := range length + 1 {
		cuts = append(cuts, cut)
	}
	return cuts
}

// bodies are what a server may send with a status.
func bodies(status int) []wireAnswer {
	withID := fmt.Sprintf(`{"code":%d,"message":"m","data":{"x":1,"taskId":"task_1","y":2}}`, status)
	atTop := fmt.Sprintf(`{"code":%d,"data":null,"taskId":"task_1"} `, status)
	idEnd := func(s string) int { return strings.Index(s, `"task_1"`) + len(`"task_1"`) }
	code := float64(status)
	return []wireAnswer{
		{body: fmt.Sprintf(`{"code":%d,"message":"m","data":null}`, status), enveloped: true, code: code},
		{body: withID, enveloped: true, code: code, idEnd: idEnd(withID)},
		{body: atTop, enveloped: true, code: code, idEnd: idEnd(atTop)},
		{body: `{"message":"m","data":{"taskId":"task_1"}}`, idEnd: len(`{"message":"m","data":{"taskId":"task_1"`)},
		{body: `<html><body>Bad gateway</body></html>`},
		{body: ``},
	}
}

func TestVerdictOfEveryStatusOnTheWire(t *testing.T) {
	w, api := newWire(t)
	for status := 100; status < 600; status++ {
		if status == 101 {
			continue // ends HTTP on the connection; see the tests of the client
		}
		for _, a := range bodies(status) {
			for _, chunked := range []bool{false, true} {
				a.status, a.chunked = status, chunked
				checkWire(t, w, api, a, whole)
			}
		}
	}
}

func TestVerdictOfAnswersCutAtEveryByte(t *testing.T) {
	w, api := newWire(t)
	for _, status := range []int{200, 204, 307, 400, 401, 402, 403, 404, 429, 431, 500, 502, 503, 504} {
		for _, a := range bodies(status) {
			for _, chunked := range []bool{false, true} {
				a.status, a.chunked = status, chunked
				checkWire(t, w, api, a, everywhere)
			}
		}
	}
}

// HTTP 200, and another with every code that an envelope can hold.
func TestVerdictOfEveryEnvelopeCode(t *testing.T) {
	w, api := newWire(t)
	codes := map[string]float64{
		"200.0": 200, "2e2": 200, "429.0": 429, "4.29e2": 429, "0": 0, "-0": 0, "-1": -1, "-429": -429, "1": 1, "99999": 99999,
		"2147483647": math.MaxInt32, "5000": 5000,
	}
	for code := 100; code < 600; code++ {
		codes[fmt.Sprint(code)] = float64(code)
	}
	none := []string{`"200"`, `"429"`, `""`, "null", "true", "429.5", "1e30", "-1e300", "4294967296", "[]", "{}", "[429]", `{"code":429}`}
	for _, status := range []int{200, 404, 409, 500, 502} {
		for _, id := range []string{"", "task_1"} {
			try := func(code string, number float64, enveloped bool) {
				a := wireAnswer{status: status, enveloped: enveloped, code: number}
				a.body = fmt.Sprintf(`{"code":%s,"message":"m","data":{"taskId":"%s"}}`, code, id)
				if id != "" {
					a.idEnd = strings.Index(a.body, id) + len(id) + 1
				}
				checkWire(t, w, api, a, whole)
			}
			for code, number := range codes {
				try(code, number, true)
			}
			for _, code := range none {
				try(code, 0, false)
			}
		}
	}
}
