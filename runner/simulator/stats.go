package simulator

import (
	"maps"
	"time"
)

// Stats counts what came in.
type Stats struct {
	Submits      int `json:"submits"` // POSTs, refused ones included
	Polls        int `json:"polls"`   // status calls
	BalanceCalls int `json:"balance_calls"`
	FileFetches  int `json:"file_fetches"`
	// Answers counts by endpoint ("submit", "status", "balance", "file", "other")
	// and HTTP status; 0 stands for a connection that was ended without one.
	Answers map[string]map[int]int `json:"answers"`
	// RateLimited counts the answers with status 429.
	RateLimited int `json:"rate_limited"`
	// SubmitsByInput counts the readable POSTs per input hash of the ledger.
	SubmitsByInput map[string]int `json:"submits_by_input"`
	// FetchesByFile counts the GETs per path of a result file that was there.
	FetchesByFile map[string]int `json:"fetches_by_file"`
	// AuthorizedFileRequests counts those that carried an Authorization header,
	// which is nobody's business at a file host.
	AuthorizedFileRequests int `json:"authorized_file_requests"`

	// WebhookPosts counts the POSTs to callback URLs; of the tasks that have one,
	// WebhooksTaken counts those whose end was taken with a 200, WebhooksGivenUp
	// those whose end never was or is not to be.
	WebhookPosts    int `json:"webhook_posts"`
	WebhooksTaken   int `json:"webhooks_taken"`
	WebhooksGivenUp int `json:"webhooks_given_up"`

	Accepted int `json:"accepted"`
	Running  int `json:"running"`
	// MaxRunning is the most tasks that ever ran at the same time.
	MaxRunning int `json:"max_running"`
	// MinPollGap is the shortest time between two status calls for one task; 0
	// if no task was asked for twice.
	MinPollGap    time.Duration `json:"min_poll_gap_ns"`
	SpentMicros   int64         `json:"spent_micros"`
	BalanceMicros int64         `json:"balance_micros"`
}

// Stats returns the counts so far.
func (s *Simulator) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	stats.Answers = map[string]map[int]int{}
	for endpoint, answers := range s.stats.Answers {
		stats.Answers[endpoint] = maps.Clone(answers)
		stats.RateLimited += answers[429]
	}
	stats.FetchesByFile = maps.Clone(s.stats.FetchesByFile)
	stats.SubmitsByInput = map[string]int{}
	for hash, h := range s.inputs {
		stats.SubmitsByInput[hash] = h.submits
	}
	s.account.hasRoom(time.Now())
	stats.Accepted = len(s.ledger.entries)
	stats.Running = len(s.account.running)
	stats.MaxRunning = s.account.most
	stats.SpentMicros = s.ledger.spent
	stats.BalanceMicros = s.balance()
	return stats
}

// balance is what is left; the caller holds mu.
func (s *Simulator) balance() int64 { return s.config.Balance - s.ledger.spent }

// count notes an answer.
func (s *Simulator) count(endpoint string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stats.Answers[endpoint] == nil {
		s.stats.Answers[endpoint] = map[int]int{}
	}
	s.stats.Answers[endpoint][status]++
	switch endpoint {
	case endpointSubmit:
		s.stats.Submits++
	case endpointStatus:
		s.stats.Polls++
	case endpointBalance:
		s.stats.BalanceCalls++
	case endpointFile:
		s.stats.FileFetches++
	}
}
