package catalog

import "time"

// maxInterval is the cap of the API document's backoff sample (section 8).
const maxInterval = 30 * time.Second

// Schedule is when to ask for the status of a task of this model: as its page
// says, else as DefaultPoll says for its kind. An image model that usually
// takes 30 seconds or more is polled like the guide's "image, quality".
func (m *Model) Schedule() Poll {
	switch {
	case m.Poll != Poll{}:
		return m.Poll
	case m.Kind == Image && m.TypicalMin >= 30*time.Second:
		return Poll{First: 10 * time.Second, Interval: 5 * time.Second, MaxInterval: maxInterval}
	default:
		return DefaultPoll(m.Kind)
	}
}

// DefaultPoll is the guide's schedule for a kind of media (API document,
// section 8). A kind that is not known is polled like audio, the middle one.
func DefaultPoll(kind Kind) Poll {
	switch kind {
	case Image:
		return Poll{First: 5 * time.Second, Interval: 3 * time.Second, MaxInterval: maxInterval}
	case Video:
		return Poll{First: 60 * time.Second, Interval: 15 * time.Second, MaxInterval: maxInterval}
	default:
		return Poll{First: 30 * time.Second, Interval: 10 * time.Second, MaxInterval: maxInterval}
	}
}

// Span bounds a time: nine of ten tasks are expected to lie in it.
type Span struct{ Min, Max time.Duration }

// Usual is how long tasks of this model take: as its page says, else as for its
// kind. Pages are optimistic, and contradict each other.
func (m *Model) Usual() Span {
	if m.TypicalMin <= 0 || m.TypicalMax < m.TypicalMin {
		return Usual(m.Kind)
	}
	return Span{m.TypicalMin, m.TypicalMax}
}

// Usual is how long tasks of a kind of media take (API document, section 8: poll
// tips, and waits that were seen). A kind that is not known may be any.
func Usual(kind Kind) Span {
	switch kind {
	case Image:
		return Span{10 * time.Second, 15 * time.Second}
	case Video:
		return Span{2 * time.Minute, 5 * time.Minute}
	case Audio:
		return Span{time.Minute, 3 * time.Minute}
	default:
		return Span{10 * time.Second, 5 * time.Minute}
	}
}

// GiveUp is how long after acceptance to stop waiting for a task of this model:
// as its page says, else as for its kind, but half as long again as the longest
// usual time at least. The task itself runs on and may be billed.
func (m *Model) GiveUp() time.Duration {
	if m.MaxWait > 0 {
		return m.MaxWait
	}
	return max(GiveUp(m.Kind), m.TypicalMax+m.TypicalMax/2)
}

// GiveUp is how long the guide waits for a kind of media (API document, section
// 8). For images it is the longer of the guide's two figures; a kind that is
// not known gets the longest of all, since giving up early saves nothing.
func GiveUp(kind Kind) time.Duration {
	switch kind {
	case Image:
		return 3 * time.Minute
	case Audio:
		return 5 * time.Minute
	default:
		return 10 * time.Minute
	}
}
