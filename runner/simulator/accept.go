package simulator

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// task is an accepted job and its ID.
type task struct {
	id string
	job
}

// decide takes the submit or refuses it. If it is taken, it is in the ledger
// when decide returns, and the fault says what becomes of the answer. filesURL is
// the base of result URLs in a webhook.
func (s *Simulator) decide(sub submission, filesURL string) (accepted task, f fault, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.history(sub.hexHash())
	h.submits++
	f = s.submitFault(sub, h)
	if f.shape != sound && !f.accepted {
		return task{}, f, nil
	}
	now := time.Now()
	j := s.newJob(sub, h, now)
	cost := s.cost(sub, j.results)
	if s.balance() < cost {
		return task{}, fault{}, s.outOfFunds()
	}
	gates := s.gates(sub.model.id, sub.model.limits)
	for _, g := range gates {
		if !g.hasRoom(now) {
			return task{}, fault{}, refusal{status: 429, message: "Too many concurrent tasks, please retry later", retryAfter: s.retryAfter()}
		}
	}
	accepted = task{j.taskID(s.config.Seed), j}
	err = s.ledger.add(Accepted{
		Time: j.accepted, Model: j.model, TaskID: accepted.id, InputHash: sub.hexHash(), Input: sub.body,
		CostMicros: cost, CompletesAt: j.completed(), FailCode: j.failure.code, Failed: j.failed(), Fault: f.name(),
	})
	if err != nil {
		return task{}, fault{}, err
	}
	if sub.callback != "" {
		s.expect(delivery{accepted, sub.callback, filesURL, s.webhookFault(sub, h)})
	}
	h.accepted++
	for _, g := range gates {
		g.start(j.completed())
	}
	return accepted, f, nil
}

// submitFault is what the prompt's markers ask for, else what the seed draws.
func (s *Simulator) submitFault(sub submission, h *history) fault {
	if h.refused == nil {
		h.refused = make([]int, len(sub.script.submit))
	}
	for i, f := range sub.script.submit {
		if f.accepted && f.happens(h.accepted+1) {
			return f
		}
		if !f.accepted && f.happens(h.refused[i]+1) {
			h.refused[i]++
			return f
		}
	}
	return s.config.Faults.pick(ofSubmit, s.drawFor("submit", sub, h))
}

// drawFor gives the random numbers of one purpose for this submit of the input.
func (s *Simulator) drawFor(purpose string, sub submission, h *history) *rand.Rand {
	return draw(s.config.Seed, purpose, string(sub.hash[:]), strconv.Itoa(h.submits))
}

// newJob decides the task's whole life.
func (s *Simulator) newJob(sub submission, h *history, now time.Time) job {
	j := job{
		model: sub.model.id, accepted: now.UTC().Truncate(time.Millisecond), inputHash: sub.hash[:], number: h.accepted + 1,
		failure: s.failureOf(sub, h, now), duration: s.latencyOf(sub, h),
		results: sub.script.results, medium: sub.model.medium(sub.input), flags: sub.script.flags,
		status: sub.script.status, file: sub.script.file, words: sub.words,
	}
	if sub.script.medium != nil {
		j.medium = *sub.script.medium
	}
	if s.config.Discreet {
		j.words = ""
	}
	j.pending = min(j.duration/10, 5*time.Second).Truncate(time.Millisecond)
	if j.results < 0 {
		j.results = s.resultsOf(sub, h)
	}
	side := j.medium.side()
	if s.config.Thumbnails && j.medium != mediumVideo {
		side = thumbnailSide
	}
	j.width, j.height = pictureSize(stringOf(sub.input, "aspect_ratio"), side)
	return j
}

// resultsOf is how many files come: as many as were asked for, but of max_images
// sometimes fewer.
func (s *Simulator) resultsOf(sub submission, h *history) int {
	n := sub.model.countResults(sub.input)
	if r := s.drawFor("fewer", sub, h); sub.atMost() > 1 && n > 1 && r.Float64() < s.config.Faults.fewer {
		return 1 + r.IntN(n-1)
	}
	return n
}

func (s *Simulator) failureOf(sub submission, h *history, now time.Time) failure {
	for _, f := range sub.script.fail {
		if f.times == 0 || h.accepted < f.times {
			return f
		}
	}
	if f := s.unusable(sub, now); f.code != "" {
		return f
	}
	faults := s.config.Faults
	r := s.drawFor("fail", sub, h)
	if r.Float64() >= faults.fail {
		return failure{}
	}
	return faults.failCodes[r.IntN(len(faults.failCodes))]
}

func (s *Simulator) latencyOf(sub submission, h *history) time.Duration {
	l := sub.model.latency
	if s.config.Latency != nil {
		l = *s.config.Latency
	}
	d := drawLatency(s.drawFor("latency", sub, h), l)
	if sub.script.latency != nil {
		d = *sub.script.latency
	}
	return scale(d, s.config.Speed)
}

// scale divides by the speed, to the millisecond.
func scale(d time.Duration, speed float64) time.Duration {
	return time.Duration(min(float64(d)/speed, float64(maxJobDuration))).Truncate(time.Millisecond)
}
