package simulator

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLedgerFileHasEveryAcceptedSubmitBeforeItsAnswer(t *testing.T) {
	config := instantly()
	config.LedgerFile = filepath.Join(t.TempDir(), "ledger.jsonl")
	config.Balance = 100_000
	c := newClient(t, config)
	c.accepted("one")
	c.submit("two [sim:drop]")
	c.submit("refused [sim:http=500]")
	file, err := os.ReadFile(config.LedgerFile)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(file), "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, a := range c.sim.Ledger() {
		var line Accepted
		if err := json.Unmarshal([]byte(lines[i]), &line); err != nil {
			t.Fatal(err)
		}
		if line.TaskID != a.TaskID || line.InputHash != a.InputHash || line.CostMicros != 30_000 || line.Answered {
			t.Errorf("line %s", lines[i])
		}
	}
	if !strings.Contains(lines[1], `"fault":"drop"`) {
		t.Errorf("line %s", lines[1])
	}
	if info, err := os.Stat(config.LedgerFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func TestSimulatorGoesOnFromItsLedgerFile(t *testing.T) {
	config := instantly()
	config.LedgerFile = filepath.Join(t.TempDir(), "ledger.jsonl")
	config.Balance = 100_000
	const prompt = "x [sim:fail=Timeout,times=1]"
	first := newClient(t, config)
	first.accepted(prompt)
	second := newClient(t, config)
	if s := second.sim.Stats(); s.SpentMicros != 30_000 || s.BalanceMicros != 70_000 || s.Accepted != 1 {
		t.Errorf("stats %+v", s)
	}
	if d := second.status(second.accepted(prompt)); d.State != "success" {
		t.Errorf("the second task of the input: %+v", d)
	}
	if l := second.sim.Ledger(); len(l) != 2 || l[0].TaskID == l[1].TaskID {
		t.Errorf("%d entries", len(l))
	}
}

func TestDamagedLedgerFileIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.jsonl")
	c := newClient(t, Config{LedgerFile: path})
	c.accepted("one")
	c.accepted("two")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"unfinished line": string(whole[:len(whole)-1]),
		"no JSON":         string(whole) + "x\n",
		"another JSON":    string(whole) + "{}\n",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(Config{LedgerFile: path}); err == nil || !strings.Contains(err.Error(), "line") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestBooksAreServed(t *testing.T) {
	c := newClient(t, instantly())
	c.accepted("a <b>")
	c.submit("two [sim:drop]")
	r := c.must("GET", "/ledger", "")
	lines := strings.Split(strings.TrimSuffix(r.body, "\n"), "\n")
	var first, second Accepted
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(lines[1]), &second); err != nil {
		t.Fatal(err)
	}
	if len(lines) != 2 || !first.Answered || second.Answered || second.Fault != "drop" {
		t.Errorf("ledger:\n%s", r.body)
	}
	var s Stats
	r = c.must("GET", "/stats", "")
	if err := json.Unmarshal([]byte(r.body), &s); err != nil {
		t.Fatal(err)
	}
	if s.Submits != 2 || s.Accepted != 2 || s.Answers["submit"][200] != 1 || s.Answers["submit"][0] != 1 || len(s.SubmitsByInput) != 2 {
		t.Errorf("stats: %s", r.body)
	}
}
