package simulator

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"time"
)

// A webhook is a POST of the terminal status answer to the callback URL of the
// submit. It is taken if 200 comes back in time, else repeated, then given up
// (API document, section 6). It carries no key and no signature.

// redeliveries are the waits before a delivery that was not taken is repeated, at
// speed 1.
var redeliveries = []time.Duration{30 * time.Second, 2 * time.Minute, 10 * time.Minute}

const (
	// patience is how long a receiver may take. It is not simulated, so speed does
	// not touch it.
	patience = 30 * time.Second
	// detour is how much later than others a webhook comes that is late.
	detour = 5 * time.Minute

	maxReceipt = 4 << 10 // bytes of a receiver's answer that are read
)

// webhookTransport goes straight to the receiver, and keeps no connection.
func webhookTransport() *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: patience}).DialContext,
		TLSHandshakeTimeout:    patience,
		MaxResponseHeaderBytes: 64 << 10,
		DisableKeepAlives:      true,
		DisableCompression:     true,
	}
}

// delivery is the end of a task on its way to a callback URL.
type delivery struct {
	task
	url      string
	filesURL string
	fault    fault
}

// webhookFault is what the prompt's marker asks for, else what the seed draws.
func (s *Simulator) webhookFault(sub submission, h *history) fault {
	if f := sub.script.webhook; f.shape != sound {
		return f
	}
	return s.config.Faults.pick(ofWebhook, s.drawFor("webhook", sub, h))
}

// expect lets a delivery take its course. The caller holds mu.
func (s *Simulator) expect(d delivery) {
	if s.closed {
		return
	}
	s.begin(func(ctx context.Context) { s.deliver(ctx, d) })
}

// deliver posts the end of the task when it has come, until it is taken, as often
// as the API does.
func (s *Simulator) deliver(ctx context.Context, d delivery) {
	taken := false
	defer func() { s.delivered(taken) }()
	if !sleep(ctx, time.Until(d.completed())) || !s.detain(ctx, d.fault) {
		return
	}
	body := d.flags.success(d.status200(d.id, time.Now(), d.filesURL))
	taken = s.post(ctx, d.url, body)
	for _, pause := range redeliveries {
		if taken || !sleep(ctx, scale(pause, s.config.Speed)) {
			break
		}
		taken = s.post(ctx, d.url, body)
	}
	if d.fault.shape == twice && ctx.Err() == nil {
		s.post(ctx, d.url, body)
	}
}

// detain holds a delivery back as its fault says, and reports whether it is to be
// made at all.
func (s *Simulator) detain(ctx context.Context, f fault) bool {
	switch f.shape {
	case lost:
		return false
	case late:
		return sleep(ctx, scale(detour, s.config.Speed))
	case swapped:
		s.mu.Lock()
		another := s.posted
		s.mu.Unlock()
		patient, cancel := context.WithTimeout(ctx, scale(detour, s.config.Speed))
		defer cancel()
		select {
		case <-another:
		case <-patient.Done():
		}
		return ctx.Err() == nil
	}
	return true
}

// post makes one POST and reports whether it was taken: only 200 is, and a
// redirect is not followed.
func (s *Simulator) post(ctx context.Context, callback string, body []byte) bool {
	defer s.notePost()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, callback, bytes.NewReader(body))
	if err != nil {
		return false
	}
	request.Header.Set("Content-Type", contentJSON)
	request.Header.Set("User-Agent", "apixo-batch-simulator")
	answer, err := s.config.Webhooks.RoundTrip(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, maxReceipt))
	return err == nil && answer.StatusCode == http.StatusOK
}

// notePost counts a POST and lets those pass that wait for another's.
func (s *Simulator) notePost() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.WebhookPosts++
	close(s.posted)
	s.posted = make(chan struct{})
}

func (s *Simulator) delivered(taken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if taken {
		s.stats.WebhooksTaken++
		return
	}
	s.stats.WebhooksGivenUp++
}

// sleep waits, and reports whether it could do so to the end.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
