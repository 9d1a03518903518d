package catalog

import (
	"testing"
	"time"
)

func TestScheduleAndGiveUp(t *testing.T) {
	const s, m = time.Second, time.Minute
	cases := []struct {
		id     string
		poll   Poll
		giveUp time.Duration
	}{
		{"nano-banana", Poll{5 * s, 3 * s, 30 * s}, 2 * m},      // its page's own
		{"flux-kontext", Poll{8 * s, 3 * s, 30 * s}, 2 * m},     // its page's own
		{"gpt-image-1", Poll{40 * s, 10 * s, 30 * s}, 3 * m},    // its page's own
		{"sora-2", Poll{120 * s, 15 * s, 30 * s}, 10 * m},       // its page's own
		{"flux-2", Poll{5 * s, 3 * s, 30 * s}, 3 * m},           // image, usually 20-30 s
		{"qwen-image", Poll{5 * s, 3 * s, 30 * s}, 3 * m},       // image, time unknown
		{"nano-banana-pro", Poll{10 * s, 5 * s, 30 * s}, 3 * m}, // image, usually 40-60 s
		{"gpt-image-2", Poll{10 * s, 5 * s, 30 * s}, 6 * m},     // image, usually 30-240 s
		{"midjourney", Poll{10 * s, 5 * s, 30 * s}, 375 * s},    // image, usually 30-250 s
		{"kling-2-6", Poll{60 * s, 15 * s, 30 * s}, 10 * m},     // video
		{"minimax-voice", Poll{30 * s, 10 * s, 30 * s}, 5 * m},  // audio
		{"suno", Poll{30 * s, 10 * s, 30 * s}, 5 * m},           // audio, usually 120-180 s
	}
	for _, c := range cases {
		model, ok := Default().Lookup(c.id)
		if !ok {
			t.Fatalf("model %s is missing", c.id)
		}
		if got := model.Schedule(); got != c.poll {
			t.Errorf("%s: schedule %v, want %v", c.id, got, c.poll)
		}
		if got := model.GiveUp(); got != c.giveUp {
			t.Errorf("%s: give up after %v, want %v", c.id, got, c.giveUp)
		}
	}
}

func TestNoModelIsGivenUpWithinItsUsualTime(t *testing.T) {
	for _, m := range Default().Models() {
		p := m.Schedule()
		if p.First <= 0 || p.Interval <= 0 || p.MaxInterval < p.Interval {
			t.Errorf("%s: schedule %v", m.ID, p)
		}
		if m.GiveUp() <= m.TypicalMax || m.GiveUp() <= p.First {
			t.Errorf("%s: given up after %v; it usually takes up to %v", m.ID, m.GiveUp(), m.TypicalMax)
		}
	}
}

func TestUnknownKindWaitsLongest(t *testing.T) {
	if got := GiveUp(""); got != 10*time.Minute {
		t.Errorf("GiveUp of an unknown kind = %v", got)
	}
	if got := DefaultPoll(""); got.First <= 0 || got.Interval <= 0 {
		t.Errorf("DefaultPoll of an unknown kind = %v", got)
	}
}
