package apixo

import (
	"net/http"
	"time"
)

// Answer is the evidence of one call. It is gathered, not judged: whether a
// submit was accepted, refused or is in doubt is for the caller to say.
type Answer struct {
	// Sent is false only if it is certain that the API never had a whole
	// request: the call failed before its headers were written, and none of its
	// body was ever handed to the transport, nor will be.
	Sent bool
	// HTTPStatus is the status of the response, 0 if none came.
	HTTPStatus int
	// Envelope says that the body was the API's own: a JSON object with a
	// numeric code, which may stand in quotes unless a submit is answered. What a
	// proxy in between answers has none.
	Envelope bool
	// Code is the envelope's code.
	Code int
	// Message is the envelope's text for people, as received but for the key,
	// at most 8 KiB of valid UTF-8. It may hold control characters.
	Message string
	// FailCode is the provider's identifier that may come with an immediate
	// error, such as "CONTENT_VIOLATION"; mostly empty.
	FailCode string
	// TaskID is the task ID of an answer that holds one, whatever else the
	// answer says, even if its rest is damaged, cut off, or says things twice. It
	// is opaque text of any characters, at most 64 KiB.
	TaskID string
	// RetryAfter is the wait that the answer asks for, between 1 s and 15 min;
	// 0 if it asks for none.
	RetryAfter time.Duration
	// Cut says that the answer broke off, or may have, or was too long to be
	// read whole, before an envelope was complete.
	Cut bool
	// Err says why there is no answer of the kind that was asked for: the call
	// failed, the body is unreadable or not the API's, or a success lacks what
	// it should hold. An envelope with an error code is a clean answer and
	// leaves Err nil.
	Err error

	key  Secret
	body string // as received but for the key in the clear
}

// Status is the status that counts: the envelope's code when it is a number
// other than 200, else HTTP's (API document, section 2). 0 if no answer came.
func (a Answer) Status() int {
	if a.Envelope && a.Code != http.StatusOK {
		return a.Code
	}
	return a.HTTPStatus
}
