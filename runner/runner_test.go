package runner_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apixo-batch/runner"
	"apixo-batch/runner/plan"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

func TestApplySavesEveryResultAndARerunDoesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompts(20, ""), simulator.Config{Seed: 1})
		if s := w.mustApply(); s.Done != 20 || s.Accepted != 20 || s.Spent != 20*30_000 {
			t.Errorf("summary: %+v", s)
		}
		w.wantFile("out/shot/0-0.jpg")
		w.check()
		w.checkFiles()

		posts := w.sim.Stats().Submits
		if s := w.mustApply(); s.Done != 0 || s.Accepted != 0 {
			t.Errorf("second apply: %+v", s)
		}
		if again := w.sim.Stats().Submits; again != posts {
			t.Errorf("the second apply submitted %d times", again-posts)
		}
	})
}

func TestChainsPassResultsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, `
task "still" {
  for_each = toset(["cat", "gun"])
  model    = "nano-banana"
  input    = { mode = "text-to-image", prompt = "${each.key == "gun" ? "[sim:fail=NSFW] " : ""}a ${each.key}", aspect_ratio = "1:1" }
}
task "clip" {
  for_each = task.still
  model    = "veo-3-1"
  input    = { mode = "fast", prompt = "push in on ${each.key}", image_urls = [each.value.urls[0]] }
}
task "poster" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "from ${basename(task.still["cat"].files[0])}", aspect_ratio = "1:1" }
}
`, simulator.Config{Seed: 2})
		s := w.mustApply()
		if s.Done != 3 || len(s.Failed) != 1 || len(s.Skipped) != 1 {
			t.Fatalf("summary: %+v", s)
		}
		if got := s.Skipped[0]; got.Address.String() != `task.clip["gun"]` || got.Failure.Reason != task.DependencyFailed {
			t.Errorf("skipped: %+v", got)
		}
		url := w.record(`task.still["cat"]`).Result.URLs[0]
		if input := string(w.record(`task.clip["cat"]`).Request.Input); !strings.Contains(input, url) {
			t.Errorf("the clip's input %s lacks the still's URL %s", input, url)
		}
		if input := string(w.record("task.poster").Request.Input); !strings.Contains(input, "from cat-0.jpg") {
			t.Errorf("the poster's input is %s", input)
		}
		w.check()
		if again := w.mustApply(); again.Accepted != 0 {
			t.Errorf("the second apply bought %d tasks", again.Accepted)
		}
	})
}

// An hour of work, interrupted at random until it is done. The draws differ in
// each run of the test; a failure prints what is needed to judge it.
func TestRandomInterruptionsLoseNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 150
		faults, err := simulator.ParseFaults("429=2%,500=1%,504=1%,drop=0.5%,fail=3%")
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, prompts(n, "parallelism = 7"), simulator.Config{
			Seed: rand.Uint64(), Faults: faults,
			Latency: &simulator.Latency{Min: time.Minute, Max: 6 * time.Minute},
			Limits:  simulator.Limits{RequestsPerMinute: 120, ConcurrentTasks: 7},
		})
		begin := time.Now()
		runs, cut := 0, 0
		for ; runs < 200; runs++ {
			ctx, cancel := context.WithTimeout(context.Background(), rand.N(8*time.Minute))
			s, err := w.apply(ctx, nil)
			cancel()
			w.check()
			if isInterrupted(err) {
				cut++
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if w.settleDoubts() == 0 && len(s.Left)+len(s.Running)+len(s.Undelivered) == 0 && onlyFinal(s.Failed) {
				break
			}
		}
		if elapsed := time.Since(begin); elapsed < time.Hour {
			t.Errorf("only %s of virtual time went by", elapsed)
		}
		w.checkFiles()
		succeeded := 0
		for _, r := range w.contents().Records {
			if r.Status == state.Succeeded && r.Complete() {
				succeeded++
			} else if r.Status != state.Failed {
				t.Errorf("%s ended as %s", r.Address, r.Status)
			}
		}
		if succeeded < n*9/10 {
			t.Errorf("only %d of %d succeeded", succeeded, n)
		}
		t.Logf("%d runs, %d of them cut, %s of virtual time, %d accepted for %d instances", runs+1, cut, time.Since(begin), len(w.sim.Ledger()), n)
	})
}

func onlyFinal(failed []runner.Ended) bool {
	return !slices.ContainsFunc(failed, func(e runner.Ended) bool { return e.Failure.Retryable })
}

func TestLostAnswerIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, `
task "a" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "[sim:drop] a pier", aspect_ratio = "1:1" }
}`, simulator.Config{Seed: 3})
		for range 3 {
			s := w.mustApply()
			if len(s.InDoubt) != 1 {
				t.Fatalf("summary: %+v", s)
			}
		}
		if n := len(w.sim.Ledger()); n != 1 {
			t.Fatalf("accepted %d times", n)
		}
		if committed := w.contents().Committed(); committed != 30_000 {
			t.Errorf("the doubt's reservation is %s, want $0.03", committed)
		}
		w.settleDoubts()
		if s := w.mustApply(); s.Done != 1 || s.Accepted != 0 {
			t.Errorf("after resolve -task-id: %+v", s)
		}
		w.check()
	})
}

func TestBudgetIsNeverCrossed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompts(50, "budget = 0.50"), simulator.Config{Seed: 4})
		s := w.mustApply()
		if s.Stop != task.BudgetReached || s.Done != 16 || len(s.Left) != 34 {
			t.Errorf("summary: stop %s, done %d, left %d", s.Stop, s.Done, len(s.Left))
		}
		if spent := w.sim.Stats().SpentMicros; spent > 500_000 {
			t.Errorf("spent %d micro-dollars of 500000", spent)
		}
		if s := w.mustApply(); s.Accepted != 0 {
			t.Errorf("a second apply spent %s more", s.Spent)
		}
		w.check()
	})
}

func TestEmptyBalanceStopsSubmittingAndCollectsTheRest(t *testing.T) {
	for _, status := range []int{402, 400} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, prompts(50, "parallelism = 5"), simulator.Config{Seed: 5, Balance: 310_000, FundsStatus: status})
			s := w.mustApply()
			if s.Stop != task.InsufficientFunds || s.Done != 10 || len(s.Left) != 40 {
				t.Errorf("summary: stop %s, done %d, left %d", s.Stop, s.Done, len(s.Left))
			}
			if refused := w.sim.Stats().Submits - 10; refused > 5 {
				t.Errorf("%d submits were sent after the balance was gone, with 5 workers", refused)
			}
			w.check()
		})
	}
}

func TestRefusedKeyEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompts(50, "parallelism = 4"), simulator.Config{Seed: 6})
		s, err := w.apply(context.Background(), func(o *runner.Options) { o.API = w.client("sk-wrong") })
		if !errors.Is(err, runner.ErrKeyRefused) {
			t.Fatalf("error: %v", err)
		}
		if posts := w.sim.Stats().Submits; posts > 4 {
			t.Errorf("%d submits with a key that the first answer refused, with 4 workers", posts)
		}
		if len(s.Left) != 50 {
			t.Errorf("left %d of 50", len(s.Left))
		}
		if committed := w.contents().Committed(); committed != 0 {
			t.Errorf("%s stays reserved for refused submits", committed)
		}
	})
}

func TestEqualFailuresHaltTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, `
batch { parallelism = 2 }
task "shot" {
  model = "nano-banana"
  count = 500
  input = { mode = "text-to-image", prompt = "[sim:fail=NSFW] view ${count.index}", aspect_ratio = "1:1" }
}`, simulator.Config{Seed: 7})
		s := w.mustApply()
		if s.Stop != task.Halted || len(s.Failed) > 12 || len(s.Failed) < 10 {
			t.Errorf("stop %s after %d failures", s.Stop, len(s.Failed))
		}
		w.check()
	})
}

func TestRetryableFailureIsBoughtAgainOnlyAsOftenAsAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, `
task "once" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "[sim:fail=Timeout,times=1] a pier", aspect_ratio = "1:1" }
}
task "always" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "[sim:fail=Timeout] a quay", aspect_ratio = "1:1" }
  retry { max_attempts = 3 }
}
task "capped" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "[sim:fail=Task TimeOut] a mole", aspect_ratio = "1:1" }
  retry { max_attempts = 5 }
}`, simulator.Config{Seed: 8})
		s := w.mustApply()
		if s.Done != 1 || len(s.Failed) != 2 || s.Retried != 4 || s.Accepted != 7 {
			t.Errorf("summary: %+v", s)
		}
		if r := w.record("task.once"); r.Attempt != 2 || len(r.Past) != 1 || r.Past[0].TaskID == "" {
			t.Errorf("task.once: attempt %d, past %+v", r.Attempt, r.Past)
		}
		if r := w.record("task.capped"); r.Attempt != 2 || r.Failure.Retryable {
			t.Errorf("task.capped: attempt %d, failure %+v", r.Attempt, r.Failure)
		}
		w.check()
	})
}

func TestServerErrorIsRepeatedThreeTimesAndKeepsItsReservations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, `
task "a" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "[sim:http=503] a pier", aspect_ratio = "1:1" }
}`, simulator.Config{Seed: 9})
		s := w.mustApply()
		if len(s.Failed) != 1 || s.Failed[0].Failure.Reason != task.ServerError || !s.Failed[0].Failure.Retryable || s.Repeated != 3 {
			t.Errorf("summary: %+v", s)
		}
		if posts := w.sim.Stats().Submits; posts != 4 {
			t.Errorf("%d submits, want 4", posts)
		}
		if committed := w.contents().Committed(); committed != 4*30_000 {
			t.Errorf("committed %s, want $0.12: each may have been charged", committed)
		}
	})
}

func TestRenamesAndReordersBuyNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := func(name, a, b string) string {
			return `
task "` + name + `" {
  model    = "nano-banana"
  for_each = { one = "` + a + `", two = "` + b + `" }
  input    = { mode = "text-to-image", prompt = each.value, aspect_ratio = "1:1" }
}`
		}
		w := newWorld(t, config("hero", "a cat", "a dog"), simulator.Config{Seed: 10})
		w.mustApply()
		for _, changed := range []string{config("star", "a cat", "a dog"), config("star", "a dog", "a cat")} {
			w.write(changed)
			if s := w.mustApply(); s.Accepted != 0 {
				t.Errorf("bought %d tasks for:%s", s.Accepted, changed)
			}
			w.check()
		}
		if got := w.record(`task.star["one"]`); !strings.Contains(string(got.Request.Input), "a dog") || len(w.contents().Records) != 2 {
			t.Errorf("task.star[\"one\"] holds %s", got.Request.Input)
		}
		// A new text where another moved on: one purchase, and nothing dropped.
		w.write(config("star", "a cat", "a fox"))
		if s := w.mustApply(); s.Accepted != 1 {
			t.Errorf("bought %d tasks for one new text", s.Accepted)
		}
		w.check()
	})
}

func TestChangedRequestKeepsTheOldFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := func(prompt string) string {
			return `
task "hero" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "` + prompt + `", aspect_ratio = "1:1" }
}`
		}
		w := newWorld(t, config("a cat"), simulator.Config{Seed: 11})
		w.mustApply()
		old := w.record("task.hero")
		w.write(config("a dog"))
		if s := w.mustApply(); s.Done != 1 || s.Accepted != 1 {
			t.Fatalf("summary: %+v", s)
		}
		r := w.record("task.hero")
		if len(r.Past) != 1 || r.Past[0].TaskID != old.TaskID || r.Past[0].Artifacts[0].Path == r.Artifacts[0].Path {
			t.Fatalf("past: %+v", r.Past)
		}
		w.wantFile(r.Past[0].Artifacts[0].Path)
		w.check()
	})
}

func TestMissingFileIsFetchedAgainWithoutPaying(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompts(2, ""), simulator.Config{Seed: 12})
		w.mustApply()
		path := w.record("task.shot[1]").Artifacts[0].Path
		w.remove(path)
		s, err := w.applyPlan(context.Background(), plan.Options{Missing: map[string]bool{path: true}}, nil)
		if err != nil || s.Done != 1 || s.Accepted != 0 {
			t.Errorf("summary: %+v, %v", s, err)
		}
		w.wantFile(path)
	})
}

func TestExpiredResultIsShownAndNotBoughtAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompts(1, ""), simulator.Config{Seed: 13})
		w.mustApply()
		path := w.record("task.shot[0]").Artifacts[0].Path
		w.remove(path)
		time.Sleep(25 * time.Hour)
		missing := plan.Options{Missing: map[string]bool{path: true}}
		for range 2 {
			s, err := w.applyPlan(context.Background(), missing, nil)
			if err != nil || len(s.Failed) != 1 || s.Failed[0].Failure.Reason != task.Expired || s.Accepted != 0 {
				t.Fatalf("summary: %+v, %v", s, err)
			}
			if text := s.Failed[0].Failure.Message; !strings.Contains(text, "$0.03 was paid for it, and -replace='task.shot[0]'") {
				t.Errorf("it says: %s", text)
			}
		}
		replace := plan.Options{Missing: missing.Missing, Replace: func(task.Address) bool { return true }}
		if s, err := w.applyPlan(context.Background(), replace, nil); err != nil || s.Done != 1 || s.Accepted != 1 {
			t.Errorf("with -replace: %+v, %v", s, err)
		}
		w.check()
	})
}

func TestForeignFileIsNotOverwritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompts(1, ""), simulator.Config{Seed: 14})
		w.put("out/shot/0-0.jpg", "mine")
		s := w.mustApply()
		if len(s.Failed) != 1 || s.Failed[0].Failure.Reason != task.DownloadFailed || !s.Failed[0].Obstructed {
			t.Errorf("summary: %+v", s)
		}
		if got := w.get("out/shot/0-0.jpg"); got != "mine" {
			t.Errorf("the file holds %q", got)
		}
		w.remove("out/shot/0-0.jpg")
		if s := w.mustApply(); s.Done != 1 || s.Accepted != 0 {
			t.Errorf("after moving it away: %+v", s)
		}
		w.check()
	})
}

func TestLocalDeadlineLeavesTheTaskRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, `
batch { timeout = "2m" }
task "slow" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "[sim:latency=1h] a pier", aspect_ratio = "1:1" }
}`, simulator.Config{Seed: 15})
		if s := w.mustApply(); len(s.Running) != 1 || s.Running[0].TaskID == "" {
			t.Fatalf("summary: %+v", s)
		}
		time.Sleep(time.Hour)
		if s := w.mustApply(); s.Done != 1 || s.Accepted != 0 {
			t.Errorf("an hour later: %+v", s)
		}
		w.check()
	})
}

func TestOrphanThatRunsIsStillCollected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompts(3, ""), simulator.Config{Seed: 16})
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if s, err := w.apply(ctx, nil); !isInterrupted(err) || len(s.Running) != 3 {
			t.Fatalf("summary: %+v, %v", s, err)
		}
		w.write(prompts(1, ""))
		if s := w.mustApply(); s.Done != 3 || s.Accepted != 0 {
			t.Errorf("summary: %+v", s)
		}
		w.check()
	})
}

func TestModelLimitOfTasksInFlightIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompts(30, "")+`
model "nano-banana" {
  max_in_flight = 3
}`, simulator.Config{Seed: 17})
		if s := w.mustApply(); s.Done != 30 {
			t.Errorf("summary: %+v", s)
		}
		if most := w.sim.Stats().MaxRunning; most != 3 {
			t.Errorf("%d tasks ran at the same time, want 3", most)
		}
	})
}

// A task whose input is a dead URL would be paid for and fail.
func TestDeadURLIsNeverSubmitted(t *testing.T) {
	config := `
task "still" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "a cat", aspect_ratio = "1:1" }
}`
	clip := `
task "clip" {
  model = "veo-3-1"
  input = { mode = "fast", prompt = "push in", image_urls = [task.still.urls[0]] }
}`
	for _, c := range []struct {
		name     string
		age      time.Duration
		accepted int
	}{{"fresh", 22 * time.Hour, 1}, {"stale, and alive", 23*time.Hour + 30*time.Minute, 1}, {"dead", 25 * time.Hour, 0}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, config, simulator.Config{Seed: 18})
				w.mustApply()
				time.Sleep(c.age)
				w.write(config + clip)
				s := w.mustApply()
				if s.Accepted != c.accepted {
					t.Errorf("summary: %+v", s)
				}
				if c.accepted == 0 && (len(s.Skipped) != 1 || s.Skipped[0].Failure.Reason != task.Expired) {
					t.Errorf("skipped: %+v", s.Skipped)
				}
				w.check()
			})
		})
	}
}

// spy looks at the state on disk at the moment a request leaves.
type spy struct {
	http.RoundTripper
	seen func(*http.Request)
}

func (s spy) RoundTrip(r *http.Request) (*http.Response, error) {
	s.seen(r)
	return s.RoundTripper.RoundTrip(r)
}

func TestIntentAndReservationAreOnDiskBeforeThePOST(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompts(10, "parallelism = 4"), simulator.Config{Seed: 19})
		posts := 0
		w.transport = spy{w.local.Transport(), func(r *http.Request) {
			if r.Method != http.MethodPost {
				return
			}
			posts++
			contents := w.contents()
			submitting := 0
			for _, record := range contents.Records {
				if record.Status == state.Submitting {
					submitting++
				}
			}
			reserved := 0
			for _, s := range contents.Spends {
				if s.ChargedAt.IsZero() && s.ReleasedAt.IsZero() && s.Committed() == 30_000 {
					reserved++
				}
			}
			if submitting == 0 || reserved < submitting {
				t.Errorf("a POST left with %d intents and %d reservations on disk", submitting, reserved)
			}
		}}
		w.api = w.client(testKey)
		if s := w.mustApply(); s.Done != 10 || posts != 10 {
			t.Errorf("%d posts, summary: %+v", posts, s)
		}
	})
}

func TestResolveChecksTheTaskWithTheAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, `
task "a" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "[sim:drop] a pier", aspect_ratio = "1:1" }
}
task "b" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "a quay", aspect_ratio = "1:1" }
}`, simulator.Config{Seed: 20})
		w.mustApply()
		other := w.record("task.b").TaskID
		store := w.open()
		defer store.Close()
		a, err := task.ParseAddress("task.a")
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"sim_nonsense", other} {
			if err := w.resolveTaskID(store, a, id); err == nil {
				t.Errorf("task %q was taken for the lost one", id)
			}
		}
		if err := runner.ResolveNotCharged(store, a, "tester@test"); err != nil {
			t.Fatal(err)
		}
		if r, _ := store.Record(a); r.Status != state.Pending || store.Committed() != 30_000 {
			t.Errorf("after -not-charged: %s, %s committed", r.Status, store.Committed())
		}
		if err := runner.ResolveResubmit(store, a, "tester@test"); !errors.Is(err, runner.ErrNothingToResolve) {
			t.Errorf("a second time: %v", err)
		}
	})
}

// Trouble with a file's host is no reason to buy the result again.
func TestUnreachableHostIsNotAnExpiredResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		still := `
task "still" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "a cat", aspect_ratio = "1:1" }
}`
		w := newWorld(t, still, simulator.Config{Seed: 21})
		w.mustApply()
		time.Sleep(23*time.Hour + 30*time.Minute)
		w.write(still + `
task "clip" {
  model = "veo-3-1"
  input = { mode = "fast", prompt = "push in", image_urls = [task.still.urls[0]] }
}`)
		s, err := w.apply(context.Background(), func(o *runner.Options) {
			o.Files = answering(http.StatusServiceUnavailable)
		})
		if err != nil || len(s.Skipped) != 1 || s.Accepted != 0 {
			t.Fatalf("summary: %+v, %v", s, err)
		}
		if f := s.Skipped[0].Failure; f.Reason != task.DownloadFailed || !f.Retryable {
			t.Errorf("skipped because of %+v", f)
		}
		if s := w.mustApply(); s.Done != 1 {
			t.Errorf("with the host back: %+v", s)
		}
	})
}

// answering is a host that gives every request the same status.
type answering int

func (status answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: int(status), Request: r, Body: http.NoBody, Header: http.Header{}}, nil
}

func TestFilesThatDoNotComeSkipTheirUsersByName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, `
task "still" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "a cat", aspect_ratio = "1:1" }
}
task "poster" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "from ${basename(task.still.files[0])}", aspect_ratio = "1:1" }
}`, simulator.Config{Seed: 22})
		s, err := w.apply(context.Background(), func(o *runner.Options) { o.Files = answering(http.StatusServiceUnavailable) })
		if err != nil || len(s.Failed) != 1 || len(s.Skipped) != 1 {
			t.Fatalf("summary: %+v, %v", s, err)
		}
		if got := s.Skipped[0].Failure.Message; !strings.Contains(got, "the files of task.still") {
			t.Errorf("skipped: %s", got)
		}
		if s.Failed[0].Obstructed {
			t.Error("a file is said to be in the way of what the host does not give")
		}
	})
}

// What cannot be saved must not be bought.
func TestNothingIsBoughtWithoutAPlaceForIt(t *testing.T) {
	for name, spoil := range map[string]func(*world){
		"a file in the way of the directory": func(w *world) { w.put("out", "mine") },
		"a link out of the directory": func(w *world) {
			if err := os.Symlink(t.TempDir(), filepath.Join(w.dir, "out")); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, prompts(4, ""), simulator.Config{Seed: 23})
				spoil(w)
				if _, err := w.apply(context.Background(), nil); err == nil {
					t.Error("no error")
				}
				if n := len(w.sim.Ledger()); n > 0 {
					t.Errorf("%d tasks were bought", n)
				}
			})
		})
	}
}

func TestOccupiedPlacesAreFoundBeforeBuying(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompts(3, ""), simulator.Config{Seed: 24})
		check := func() error {
			store := w.open()
			defer store.Close()
			_, p := w.plan(store, plan.Options{})
			return runner.CheckPlaces(w.dir, p, store.Outline().Records)
		}
		if err := check(); err != nil {
			t.Errorf("nothing is there yet: %v", err)
		}
		w.put("out/shot/1-0.jpg", "another state's")
		w.put("out/shot/10-0.jpg", "nobody's business")
		var occupied *runner.OccupiedError
		if err := check(); !errors.As(err, &occupied) || len(occupied.Paths) != 1 || occupied.Paths[0] != "out/shot/1-0.jpg" {
			t.Errorf("error: %v", err)
		}
		w.remove("out/shot/1-0.jpg")
		w.mustApply()
		w.write(strings.Replace(prompts(3, ""), "a harbour", "a river", 1))
		if err := check(); err != nil {
			t.Errorf("the files are those of the records: %v", err)
		}
	})
}

func TestSensitiveInputsThatTheAPIRepeatsAreNotStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const secret = "a very private wish"
		w := newWorld(t, `
variable "wish" {
  default   = "`+secret+`"
  sensitive = true
}
task "a" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = var.wish, aspect_ratio = "1:1" }
}`, simulator.Config{Seed: 25})
		w.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodPost {
				return w.local.Transport().RoundTrip(r)
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			var sent struct{ Input struct{ Prompt string } }
			if err := json.Unmarshal(body, &sent); err != nil || sent.Input.Prompt != secret {
				t.Errorf("sent %s, %v", body, err)
			}
			text := `{"code":400,"message":"bad prompt: ` + sent.Input.Prompt + `","data":null}`
			return &http.Response{
				StatusCode: 400, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text)),
			}, nil
		})
		w.api = w.client(testKey)
		if s := w.mustApply(); len(s.Failed) != 1 || !strings.Contains(s.Failed[0].Failure.Message, "bad prompt: (sensitive)") {
			t.Errorf("summary: %+v", s)
		}
		if strings.Contains(w.get("jobs.state.json")+w.get("jobs.state.journal"), secret) {
			t.Error("the secret is in the state")
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
