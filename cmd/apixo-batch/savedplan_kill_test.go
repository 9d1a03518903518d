//go:build unix

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"apixo-batch/runner/plan"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// A saved plan whose apply is killed again and again buys what it lists and
// nothing else: each action in one apply only, within its attempts and its
// price, whatever the faults.
func TestKillOfASavedPlan(t *testing.T) {
	const most = 6 // in one round, of an eighth of the kills in all
	for round := range (*kills + 8*most - 1) / (8 * most) {
		t.Run(fmt.Sprint("round ", round), func(t *testing.T) {
			t.Parallel()
			if killed := killSavedPlan(t, most); killed == 0 {
				t.Error("no kill found a process")
			} else {
				t.Logf("killed %d times", killed)
			}
		})
	}
}

func killSavedPlan(t *testing.T, most int) (killed int) {
	dir := t.TempDir()
	config := fmt.Appendf(nil, killTasks, 30+10*most)
	if err := os.WriteFile(filepath.Join(dir, "jobs.hcl"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	ledger := filepath.Join(dir, "ledger.jsonl")
	baseURL := simulatorProcess(t, "-ledger="+ledger, "-speed=100", fmt.Sprint("-seed=", rand.Uint32()),
		"-faults=429=2%,500=1%,drop=0.5%,fail=5%")
	if output, err := command(t, dir, baseURL, "plan", "-out=jobs.plan", "jobs.hcl").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	apply := func() *exec.Cmd { return command(t, dir, baseURL, "apply", "jobs.plan") }
	for killed < most && killAtRandom(t, apply()) {
		killed++
	}
	for range 20 {
		cmd := apply()
		output, err := cmd.CombinedOutput()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		switch cmd.ProcessState.ExitCode() {
		case 0, 1, 3, 6: // 1: what was cut off between its attempts takes a new plan
			judge(t, dir, ledger)
			judgePlan(t, dir)
			before := len(readLedger(t, ledger))
			apply().Run()
			if after := len(readLedger(t, ledger)); after != before {
				t.Errorf("applied once more, the plan bought %d tasks", after-before)
			}
			return killed
		case 4:
		default:
			t.Fatalf("apply ended with %v\n%s", err, output)
		}
	}
	t.Fatal("apply does not come to an end")
	return killed
}

// judgePlan holds the ledger of the state against the plan.
func judgePlan(t *testing.T, dir string) {
	t.Helper()
	saved, err := readSavedPlan(filepath.Join(dir, "jobs.plan"))
	if err != nil {
		t.Fatal(err)
	}
	contents, err := state.Read(filepath.Join(dir, "jobs.state.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(contents.Approvals) != 1 || contents.Approvals[0].Plan != saved.Nonce {
		t.Errorf("the approvals are %+v", contents.Approvals)
	}
	approved := make(map[task.Address]plan.SavedAction)
	for _, a := range saved.Actions {
		approved[a.Address] = a
	}
	runs := make(map[task.Address]string)
	accepted := make(map[task.Address]int)
	for _, s := range contents.Spends {
		a, known := approved[s.Address]
		switch {
		case s.Plan != saved.Nonce:
			t.Errorf("%s was bought under the plan %q", s.Address, s.Plan)
		case !known || !a.Kind.Pays():
			t.Errorf("%s was bought, and the plan does not list it", s.Address)
		case s.Cost > a.High:
			t.Errorf("%s was bought at %s, and %s was approved", s.Address, s.Cost, a.High)
		}
		if !s.ReleasedAt.IsZero() {
			continue
		}
		if run, before := runs[s.Address]; before && run != s.Run {
			t.Errorf("%s was bought in run %s and again in run %s", s.Address, run, s.Run)
		}
		runs[s.Address] = s.Run
		if !s.ChargedAt.IsZero() {
			accepted[s.Address]++
		}
		if accepted[s.Address] > a.MaxAttempts {
			t.Errorf("%s was accepted %d times, and %d were approved", s.Address, accepted[s.Address], a.MaxAttempts)
		}
	}
	if len(runs) != len(saved.Actions) && len(runs) == 0 {
		t.Error("nothing was bought")
	}
}

// A plan file that was cut off or changed is refused by its checksum before it
// is believed, whatever it is called.
func TestDamagedSavedPlanBuysNothing(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "jobs.hcl"), fmt.Appendf(nil, killTasks, 2), 0o600); err != nil {
		t.Fatal(err)
	}
	ledger := filepath.Join(dir, "ledger.jsonl")
	baseURL := simulatorProcess(t, "-ledger="+ledger, "-speed=100")
	if output, err := command(t, dir, baseURL, "plan", "-out=jobs.plan", "jobs.hcl").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	whole, err := os.ReadFile(filepath.Join(dir, "jobs.plan"))
	if err != nil {
		t.Fatal(err)
	}
	flipped := func(at int) []byte {
		changed := append([]byte(nil), whole...)
		changed[at] ^= 1
		return changed
	}
	n := len(whole)
	for what, content := range map[string][]byte{
		"empty": {}, "1 byte": whole[:1], "in its magic": whole[:12], "after it": whole[:32], "in half": whole[:n/2],
		"before the checksum": whole[:n-80], "all but a byte": whole[:n-1], "twice": append(append([]byte(nil), whole...), whole...),
		"first byte": flipped(0), "magic": flipped(20), "version": flipped(45), "nonce": flipped(100), "middle": flipped(n / 2), "checksum": flipped(n - 20), "last byte": flipped(n - 1),
	} {
		for _, name := range []string{"damaged.plan", "damaged"} {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := command(t, dir, baseURL, "apply", "-auto-approve", name)
			output, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != exitError {
				t.Errorf("%s: %s ends with %d\n%s", what, name, code, output)
			}
		}
	}
	if n := len(readLedger(t, ledger)); n != 0 {
		t.Errorf("%d tasks were bought", n)
	}
	if _, err := os.Stat(filepath.Join(dir, "damaged.state.journal")); err == nil {
		t.Error("a state was begun for a damaged plan")
	}
}
