package runner

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"apixo-batch/runner/apixo"
	"apixo-batch/spec/task"
)

// What an entry of the log holds at most, in bytes: of one text, of the input of
// a request, and of a body.
const (
	maxText  = 1 << 10
	maxInput = 16 << 10
	maxBody  = 64 << 10
)

// cut cuts a text that is too long, and tells how long it was.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	end := most
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return fmt.Sprintf("%s... (%d bytes)", text[:end], len(text))
}

// An apostrophe ends no URL: names of files have it, and so have queries.
var (
	urlUsers   = regexp.MustCompile(`(?i)(https?://)[^/?#\s"<>]+@`)
	urlQueries = regexp.MustCompile(`(?i)(https?://[^\s"<>?]+\?)[^\s"<>]+`)
)

// WithoutQueries cuts queries and user names out of the URLs in a text: whoever
// has a signed URL has the file.
func WithoutQueries(text string) string {
	return urlQueries.ReplaceAllString(urlUsers.ReplaceAllString(text, "$1...@"), "$1...")
}

// InputWithoutQueries is WithoutQueries for the texts in the input of a request.
func InputWithoutQueries(input json.RawMessage) json.RawMessage {
	if !json.Valid(input) {
		return input
	}
	return apixo.MapTexts(input, WithoutQueries)
}

// hiding hides what is sensitive in the answers about one request.
type hiding struct {
	request, variables task.Redactor
	// whole says that all that is sensitive in the request is known: what
	// answers, and quotes it, can be shown whole.
	whole bool
	// forgotten says that something is sensitive in the request that nobody knows any more,
	// so that nothing is kept which may quote it.
	forgotten bool
	// nonces end callback URLs, which an answer may quote; none without webhooks.
	nonces []string
}

// secretNonces are the nonces of submits that ask for a delivery: who knows one can
// post to us.
func (r *run) secretNonces(nonces ...string) []string {
	if r.opts.CallbackURL == "" {
		return nil
	}
	return nonces
}

// hidingFor hides what is sensitive in the task that the job's record is about.
func (r *run) hidingFor(j *job) hiding {
	return r.hidingOf(j, j.record.Fingerprint, j.record.Request, j.record.Nonce)
}

// hidingOf hides what is sensitive in a submit of the job, be it an earlier one. request
// is as the state has it.
func (r *run) hidingOf(j *job, print task.Fingerprint, request task.Request, nonce string) hiding {
	declared := j.clear()
	whole := declared.Model != "" && declared.Fingerprint() == print
	return hiding{
		request: declared.Redactor(), variables: r.secrets,
		whole: whole, forgotten: !whole && (request.Model == "" || request.Masked()),
		nonces: r.secretNonces(nonce),
	}
}

// hidingIn hides what is sensitive in a submit that the job's record on disk holds.
func (r *run) hidingIn(j *job, nonce string) hiding {
	hide := r.hidingOf(j, "", task.Request{}, nonce)
	stored, _ := r.opts.Store.Record(j.record.Address)
	if past, has := holdsSubmit(stored, nonce); past >= 0 {
		hide = r.hidingOf(j, stored.Past[past].Fingerprint, stored.Past[past].Request, nonce)
	} else if has {
		hide = r.hidingOf(j, stored.Fingerprint, stored.Request, nonce)
	}
	hide.nonces = append(hide.nonces, r.secretNonces(j.record.Nonce)...)
	return hide
}

func (h hiding) text(s string) string {
	for _, nonce := range h.nonces {
		if nonce != "" {
			s = strings.ReplaceAll(s, nonce, "(nonce)")
		}
	}
	return h.variables.Text(h.request.Text(s))
}

// body is the body of an answer; shown is false if it could hold what is sensitive.
func (h hiding) body(a apixo.Answer) (text string, shown bool) {
	switch {
	case !h.whole:
		return "", false
	case len(h.nonces) == 0 && h.request == task.Redactor{} && h.variables == task.Redactor{}:
		return a.Body(nil), true
	default:
		return a.Body(h.text), true
	}
}

// leftOut stands for a text that may quote what is sensitive in a request that nobody
// knows any more.
const leftOut = "its message is left out, since it may quote what was sensitive in another request"

// answer hides what is sensitive in an answer to a status call. Of a forgotten request
// only the identifier of a voice is kept, which later requests need.
func (h hiding) answer(a *apixo.StatusAnswer) {
	a.Message = h.text(a.Message)
	t := a.Task
	if h.forgotten {
		if a.Message != "" {
			a.Message = leftOut
		}
		if t != nil {
			t.FailMsg, t.Raw = leftOut, onlyVoice(t.Raw)
		}
	}
	if t != nil {
		t.FailCode, t.FailMsg, t.Raw = h.text(t.FailCode), h.text(t.FailMsg), h.variables.JSON(h.request.JSON(t.Raw))
	}
}
