package timing

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

var began = time.Unix(1_700_000_000, 0)

func learn(t *Times, n int, took time.Duration) {
	for range n {
		t.Learn(began.Add(time.Millisecond), began.Add(time.Millisecond+took))
	}
}

func next(t Task, seen time.Duration) time.Duration {
	age, _ := t.Next(seen)
	return age
}

func within(t *testing.T, what string, got, low, high time.Duration) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s: %v, want %v to %v", what, got, low, high)
	}
}

const sec = time.Second

func TestLearnedTimesReplaceTheUsualOnes(t *testing.T) {
	times := NewBook().Times("m", "", Range{10 * sec, 15 * sec})
	within(t, "the usual median", times.Median(), 11*sec, 13*sec)
	learn(times, 50, 3*sec)
	within(t, "the learned median", times.Median(), 2800*time.Millisecond, 3200*time.Millisecond)
	within(t, "the first question", next(times.Task(), 0), 2*sec, 3*sec)
	learn(times, 400, 30*sec)
	within(t, "the median after a change", times.Median(), 28*sec, 32*sec)
}

func TestLearningWakesWhoWaits(t *testing.T) {
	times := NewBook().Times("m", "", Range{10 * sec, 15 * sec})
	woken := 0
	_, changed := times.Task().Next(0)
	for range 1000 {
		learn(times, 1, 3*sec)
		select {
		case <-changed:
			woken++
			_, changed = times.Task().Next(0)
		default:
		}
	}
	if woken < 10 || woken > 60 {
		t.Errorf("woken %d times by 1000 times", woken)
	}
}

func TestFirstTasksStandOnALadder(t *testing.T) {
	times := NewBook().Times("m", "", Range{10 * sec, 15 * sec})
	usual := next(times.Task(), 0) // the lowest rung
	within(t, "the lowest rung", usual, 1200*time.Millisecond, 1300*time.Millisecond)
	second, last := times.Task(), times.Task()
	within(t, "the second", next(second, 0), 1500*time.Millisecond, 1600*time.Millisecond)
	for range 100 {
		last = times.Task()
	}
	within(t, "one that found no place", next(last, 0), 5*sec, 12*sec)
	learn(times, 1, 40*sec)
	within(t, "the second, once a time is known", next(second, 0), 5*sec, 40*sec)
}

func TestVariantsDifferWhereTheirTimesDo(t *testing.T) {
	book := NewBook()
	small, large := book.Times("m", "1k", Range{sec, sec}), book.Times("m", "4k", Range{sec, sec})
	learn(small, 50, 10*sec)
	within(t, "one without times of its own", large.Median(), 9*sec, 11*sec)
	learn(large, 50, 60*sec)
	within(t, "the large one", large.Median(), 55*sec, 65*sec)
	within(t, "the small one", small.Median(), 9*sec, 11*sec)
	if other := book.Times("other", "4k", Range{sec, sec}); other.Median() > 2*sec {
		t.Errorf("another model takes %v", other.Median())
	}
	for i := range 1000 {
		book.Times("m", string(rune('a'+i)), Range{})
	}
	if n := len(book.models["m"].variants); n > maxVariants {
		t.Errorf("%d variants are told apart", n)
	}
}

// Captured times are whole seconds: a task of 1.2 s is told as 1 or 2.
func TestWholeSecondsAreKnownToASecond(t *testing.T) {
	times := NewBook().Times("m", "", Range{sec, sec})
	for range 100 {
		times.Learn(began, began.Add(3*sec))
	}
	within(t, "the first question", next(times.Task(), 0), 1500*time.Millisecond, 2700*time.Millisecond)
}

func TestWhatOutlivesAllOthersIsAskedForMoreRarely(t *testing.T) {
	times := NewBook().Times("m", "", Range{10 * sec, 15 * sec})
	learn(times, 200, 12*sec)
	task, seen, gap := times.Task(), 30*sec, time.Duration(0)
	questions := 0
	for seen < time.Hour {
		age := next(task, seen)
		if wide := age - seen; wide < gap-gap/4 || wide > max(12*sec, seen/10)+5*sec {
			t.Fatalf("after %v a gap of %v, before it %v", seen, wide, gap)
		}
		seen, gap = age, age-seen
		questions++
	}
	if gap < 30*sec || questions > 300 {
		t.Errorf("%d questions in an hour, the last after %v", questions, gap)
	}
}

func TestTimesThatCannotBeAreNotLearned(t *testing.T) {
	times := NewBook().Times("m", "", Range{10 * sec, 15 * sec})
	times.Learn(time.Time{}, began)
	times.Learn(began, time.Time{})
	times.Learn(began, began.Add(-sec))
	if times.known.total != 0 {
		t.Errorf("learned %v", times.known.total)
	}
}

func TestVariantNamesWhatTimesDifferBy(t *testing.T) {
	for input, want := range map[string]string{
		`{"mode":"fast","prompt":"x","resolution":"1k","duration":5}`: `mode="fast" resolution="1k" duration=5 `,
		`{"prompt":"x"}`:                  "",
		`{"mode":` + longText(100) + `}`:  "",
		`[1]`:                             "",
		``:                                "",
		`{"duration":{"odd":[1]},"x":{}}`: `duration={"odd":[1]} `,
	} {
		if got := Variant(json.RawMessage(input)); got != want {
			t.Errorf("%s: %q, want %q", input, got, want)
		}
	}
}

func longText(n int) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = 'x'
	}
	return `"` + string(text) + `"`
}

// Whatever a server says of its times, the next question is a finite time away,
// after the last one and not at once.
func FuzzNext(f *testing.F) {
	f.Add(int64(3*sec), int64(0), int64(10*sec), int64(sec))
	f.Add(int64(0), int64(time.Hour), int64(0), int64(0))
	f.Add(int64(math.MaxInt64), int64(-5), int64(1), int64(math.MaxInt64/4))
	f.Fuzz(func(t *testing.T, took, other, usual, seen int64) {
		times := NewBook().Times("m", "", Range{time.Duration(usual), time.Duration(usual)})
		for _, d := range []int64{took, other, other} {
			times.Learn(began, began.Add(time.Duration(d)))
		}
		at := max(0, time.Duration(seen%int64(1000*time.Hour)))
		task := times.Task()
		age, _ := task.Next(at)
		if wait := age - at; wait < minGap-time.Millisecond || wait > 30*time.Hour+at/10 {
			t.Errorf("seen at %v, the next question at %v", at, age)
		}
	})
}
