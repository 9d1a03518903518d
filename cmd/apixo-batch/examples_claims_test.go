package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the comments of the examples say beyond their plans.
func TestWhatTheExamplesSay(t *testing.T) {
	for name, test := range map[string]func(t *testing.T, r *rehearsal, dir string){
		"02-prompts-from-csv": onlyTheEditedRowIsBoughtAgain,
		"03-image-to-video":   onlyTheClipOfTheRefusedStillIsSkipped,
		"05-pilot-then-all":   thePilotIsMadeAgainInAnotherStyle,

		"10-newer-than-the-catalog": aDeclaredCodeIsTriedAgain,
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(copyOfExamples(t), "examples", name)
			inVirtualTime(t, func(t *testing.T, r *rehearsal) { test(t, r, dir) })
		})
	}
}

func onlyTheEditedRowIsBoughtAgain(t *testing.T, r *rehearsal, dir string) {
	r.command(t, exitDone, "apply", "-simulate", "-auto-approve", dir)
	rows := filepath.Join(dir, "prompts.csv")
	edit(t, rows, func(text string) string { // as after sorting, with a new row
		head, rest, _ := strings.Cut(text, "\n")
		first, rest, _ := strings.Cut(rest, "\n")
		return head + "\n" + rest + first + "\nmint,mint in a chipped cup,1:1,1,\n"
	})
	wants(t, r.command(t, exitDone, "plan", "-simulate", dir), "Plan: 1 to add, 0 to change", "8 unchanged")
	edit(t, rows, func(text string) string { return strings.Replace(text, "wild thyme", "lemon thyme", 1) })
	wants(t, r.command(t, exitDone, "plan", "-simulate", dir), "Plan: 1 to add, 1 to change", `task.herb["thyme"]  prompt changed`)
}

func onlyTheClipOfTheRefusedStillIsSkipped(t *testing.T, r *rehearsal, dir string) {
	edit(t, filepath.Join(dir, "jobs.hcl"), func(text string) string {
		return strings.Replace(text, "fishing boats", "[sim:fail=SensitiveContent] fishing boats", 1)
	})
	output := r.command(t, exitFailed, "apply", "-simulate", "-auto-approve", dir)
	wants(t, output, "5 done", "1 failed", "1 skipped", `task.clip["harbour"]`)
	if clips, _ := filepath.Glob(filepath.Join(dir, "simulated", "out", "clip", "*.mp4")); len(clips) != 2 {
		t.Errorf("the clips are %v", clips)
	}
}

func thePilotIsMadeAgainInAnotherStyle(t *testing.T, r *rehearsal, dir string) {
	r.command(t, exitDone, "apply", "-simulate", "-auto-approve", "-limit=2", dir)
	wants(t, r.command(t, exitDone, "plan", "-simulate", "-var=style=woodcut", dir), "2 to regenerate", "22 to submit")
}

func aDeclaredCodeIsTriedAgain(t *testing.T, r *rehearsal, dir string) {
	edit(t, filepath.Join(dir, "jobs.hcl"), func(text string) string {
		return strings.Replace(text, "the same in oil", "[sim:fail=GPU_PREEMPTED,times=1] the same in oil", 1)
	})
	output := r.command(t, exitDone, "apply", "-simulate", "-auto-approve", dir)
	wants(t, output, "6 done", "9 accepted tasks") // three paintings were made twice
}

func edit(t *testing.T, path string, change func(string) string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := change(string(text))
	if changed == string(text) {
		t.Fatalf("nothing of %s was changed", path)
	}
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
}

func wants(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("want %q in\n%s", part, text)
		}
	}
}
