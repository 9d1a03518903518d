package apixo

import (
	"bytes"
	"errors"
	"sync/atomic"
)

// onceBody is the body of a request and knows whether the API may have had
// the whole of it.
//
// httptrace alone cannot prove that nothing was sent: with HTTP/2 a cancelled
// RoundTrip may return while another goroutine is about to write the headers.
// The body closes that gap. A transport must read it before it can send it, so
// once seal has found it unread, no whole request can leave any more.
type onceBody struct {
	reader *bytes.Reader
	state  atomic.Int32
}

const (
	bodyUntouched int32 = iota
	bodySent            // the headers are out, or the body has been read from
	bodySealed          // unsent, and refused to whoever still asks
)

func (b *onceBody) wroteHeaders() { b.state.CompareAndSwap(bodyUntouched, bodySent) }

func (b *onceBody) Read(p []byte) (int, error) {
	b.state.CompareAndSwap(bodyUntouched, bodySent)
	if b.state.Load() == bodySealed {
		return 0, errors.New("the call was given up before it was sent")
	}
	return b.reader.Read(p)
}

// Close leaves the state alone: a transport closes the body of a request that
// failed, sent or not.
func (b *onceBody) Close() error { return nil }

// seal ends the call and reports whether the request may have been sent.
func (b *onceBody) seal() (sent bool) {
	return !b.state.CompareAndSwap(bodyUntouched, bodySealed)
}
