package state

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"apixo-batch/spec/task"
)

// The files in testdata/v1 are what version 1 of the format is. They are never
// made anew and never changed: every release reads them, and finds in them what
// this test says, for ever. What comes to the format later gets files of its own.
//
//	continued  a snapshot of serial 3, and a journal that continues it
//	named      a doubt for which webhooks named two tasks, of which a person dismissed one
//	first      the journal of a state that has no snapshot yet
//	minor      continued, as a later release might write it: with fields that
//	           this one does not know, at every level
//	judged     a snapshot with what came later: a result that a postcondition
//	           rejects, with its triggers, and a task that was imported

// fixture copies a state of testdata/v1 to where it can be opened.
func fixture(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".state.json")
	for _, file := range []string{path, PathsFor(path).Journal} {
		content, err := os.ReadFile(filepath.Join("testdata", "v1", filepath.Base(file)))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		write(t, file, content)
	}
	return path
}

func fixed(t *testing.T, name string) *Contents {
	t.Helper()
	c, err := Read(fixture(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestVersion1IsReadForEver(t *testing.T) {
	for _, name := range []string{"continued", "minor"} {
		t.Run(name, func(t *testing.T) {
			c := fixed(t, name)
			judgeFixedHeader(t, c.Header, name)
			judgeFixedRecords(t, c)
			judgeFixedLedger(t, c)
			judgeFixedEvidence(t, c)
		})
	}
}

func TestVerdictsTriggersAndImportsAreReadForEver(t *testing.T) {
	c := fixed(t, "judged")
	if len(c.Records) != 2 || len(c.Spends) != 2 {
		t.Fatalf("%d records, %d rows", len(c.Records), len(c.Spends))
	}
	bought, imported := c.Records[0], c.Records[1]
	if f := bought.Failure; bought.Status != Succeeded || !bought.Complete() || f == nil || f.Reason != task.Rejected || bought.Triggers != "9c6d6e1a" {
		t.Errorf("bought: %+v", bought)
	}
	if imported.TaskID != "task_0002" || imported.Cost != 0 || !imported.Priced || imported.Failure != nil || imported.Triggers != "" {
		t.Errorf("imported: %+v", imported)
	}
	if s := c.Spends[1]; s.Settled == nil || s.Settled.How != "import" || s.Cost != 0 || s.TaskID != "task_0002" {
		t.Errorf("ledger: %+v", s)
	}
}

func judgeFixedHeader(t *testing.T, h Header, name string) {
	t.Helper()
	lineage := map[string]string{"continued": "11111111-1111-4111-8111-111111111111", "minor": "33333333-3333-4333-8333-333333333333"}[name]
	want := Header{
		Version: 1, Tool: "apixo-batch 1.0.0", Lineage: lineage, Serial: 3, Changes: 47, Endpoint: "api.apixo.ai",
		MaskKey: strings.Repeat("0123456789abcdef", 4), Created: noon,
	}
	if h != want {
		t.Errorf("header %+v\nwant   %+v", h, want)
	}
}

func judgeFixedRecords(t *testing.T, c *Contents) {
	t.Helper()
	var got []string
	byAddress := map[string]Record{}
	for _, r := range c.Records {
		got = append(got, r.Address.String()+"="+string(r.Status))
		byAddress[r.Address.String()] = r
		if r.Fingerprint != r.Request.Fingerprint() {
			t.Errorf("%s: the fingerprint is another one than that of its request", r.Address)
		}
	}
	want := `task.hero["cat"]=succeeded task.hero["dog"]=running task.logo=running task.next=pending task.shot[3]=submitting task.worse=failed`
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
	cat := byAddress[`task.hero["cat"]`]
	if string(cat.Request.Input) != `{"aspect_ratio":"16:9","mode":"text-to-image","prompt":"a cat, <b>été</b> & 猫"}` {
		t.Errorf("input: %s", cat.Request.Input)
	}
	if string(cat.Result.Raw) != `{"resultUrls":["https://cdn.example.com/1.png?a=1&b=2"],"seed":12345678901234567890}` ||
		cat.Result.URLs[0] != "https://cdn.example.com/1.png?a=1&b=2" || cat.RefreshedURLs[0] != "https://cdn.example.com/new.png" {
		t.Errorf("result: %+v", cat.Result)
	}
	if !cat.Complete() || cat.Artifacts[0].Path != "out/hero/cat-0.png" || cat.Attempt != 2 || cat.TaskID != "task_0001" || cat.Cost != 35_000 {
		t.Errorf("%+v", cat)
	}
	if p := cat.Past[0]; p.TaskID != "task_0000" || p.Failure.Code != "Task TimeOut" || p.Failure.Reason != task.Timeout || !p.Failure.Retryable {
		t.Errorf("past: %+v", p)
	}
	if r := byAddress["task.next"]; r.Repeats != 2 {
		t.Errorf("%+v", r)
	}
	if r := byAddress["task.worse"]; r.Failure.Reason != task.ContentPolicy || r.Failure.Retryable {
		t.Errorf("%+v", r)
	}
	if r := byAddress["task.shot[3]"]; string(r.Request.Input) != `{"duration":5,"n":1.50,"prompt":"hmac-sha256:00ff"}` {
		t.Errorf("input: %s", r.Request.Input)
	}
}

func judgeFixedLedger(t *testing.T, c *Contents) {
	t.Helper()
	var got []string
	for _, s := range c.Spends {
		line := s.Nonce + ":" + s.TaskID + ":" + s.Cost.String()
		if !s.ChargedAt.IsZero() {
			line += ":charged"
		}
		if !s.ReleasedAt.IsZero() {
			line += ":released"
		}
		if s.Settled != nil {
			line += ":" + s.Settled.How + " by " + s.Settled.By
		}
		got = append(got, line)
	}
	want := "N-old:task_0000:$0.035:charged N-herocat:task_0001:$0.035:charged N-logo:task_0003:$0.00:charged:task_id by ann@studio " +
		"N-next::$0.035:released N-shot3::$0.035 N-herodog:task_0002:$0.035:charged"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
	if c.Committed() != 4*35_000 {
		t.Errorf("committed %s", c.Committed())
	}
}

func judgeFixedEvidence(t *testing.T, c *Contents) {
	t.Helper()
	if len(c.Approvals) != 2 || c.Approvals[0].Plan != "plan-1" || c.Approvals[1].Plan != "plan-2" {
		t.Errorf("approvals: %+v", c.Approvals)
	}
	if len(c.Readings) != 2 || c.Readings[0].Balance != 5_000_000 || c.Readings[1].Balance != 4_930_000 {
		t.Errorf("balances: %+v", c.Readings)
	}
	i := c.Interventions
	if len(i) != 2 || i[0].Kind != Recovered || i[0].Loss.Gaps[0] != (Gap{7, 9}) || i[0].Loss.Tasks[0] != "task_lost" || i[1].Kind != LossAccepted {
		t.Errorf("interventions: %+v", i)
	}
}

func TestAFirstJournalOfVersion1IsReadForEver(t *testing.T) {
	c := fixed(t, "first")
	if c.Header.Lineage != "22222222-2222-4222-8222-222222222222" || c.Header.Serial != 0 || c.Header.Changes != 3 ||
		c.Header.Endpoint != "simulated" || c.Header.MaskKey != strings.Repeat("0123456789abcdef", 4) || !c.Header.Created.Equal(noon) {
		t.Errorf("%+v", c.Header)
	}
	if len(c.Records) != 2 || c.Records[0].TaskID != "task_0002" || c.Records[1].Status != Submitting || c.Committed() != 70_000 {
		t.Errorf("%+v, %s", c.Records, c.Committed())
	}
}

// What a file of version 1 says is the same after it was opened, changed and
// closed, twice.
func TestVersion1SurvivesARoundTrip(t *testing.T) {
	for _, name := range []string{"continued", "minor", "first"} {
		t.Run(name, func(t *testing.T) {
			before := fixed(t, name)
			path := fixture(t, name)
			for i := range 2 {
				s := open(t, path)
				put(t, s, running(100+i))
				closeStore(t, s)
			}
			after, err := Read(path)
			if err != nil {
				t.Fatal(err)
			}
			kept := after.Records[:0:0]
			for _, r := range after.Records {
				if _, ours := r.Address.Key.Index(); ours && r.Address.Name == "hero" {
					continue
				}
				if r.Status == InDoubt { // what was submitting when its process died
					r.Status, r.Doubt = Submitting, nil
				}
				kept = append(kept, r)
			}
			after.Records = kept
			for what, pair := range map[string][2]any{
				"records": {before.Records, after.Records}, "ledger": {before.Spends, after.Spends}, "approvals": {before.Approvals, after.Approvals},
				"balances": {before.Readings, after.Readings}, "interventions": {before.Interventions, after.Interventions},
			} {
				if d := diff(pair[0], pair[1]); d != "" {
					t.Errorf("%s:\n%s", what, d)
				}
			}
		})
	}
}

func TestTaskNamedForADoubtIsReadForEver(t *testing.T) {
	c := fixed(t, "named")
	r, names := c.Records[1], c.Spends[0].Named
	if r.Status != InDoubt || r.Doubt.Named != "task_12345678" || r.Doubt.HTTPStatus != 502 || len(names) != 2 || !names[0].Dismissed || names[1].Dismissed {
		t.Errorf("%+v, %+v", r, names)
	}
}

// Fields of a later release stay where they are, as long as what they belong to
// is not replaced. Those of a journal's lines belong to no element, and are gone
// once the line is in a snapshot: what must not be lost needs a new version.
func TestFieldsOfALaterReleaseSurvive(t *testing.T) {
	path := fixture(t, "minor")
	for i := range 2 {
		s := open(t, path)
		put(t, s, running(100+i))
		closeStore(t, s)
	}
	text := string(contents(t, path))
	for field, want := range map[string]int{
		`"region": {` + "\n    \"name\": \"eu\",\n    \"list\": [\n      1,\n      2.50\n    ]\n  },": 1,
		`"new_in_record": {"of": [1, 2]}`: 1, // in the snapshot
		`"new_in_record": 2`:              2, // in lines of the journal
		`"new_in_result": "b"`:            1,
		`"new_in_artifact": true`:         1,
		`"new_in_past": null`:             1,
		`"new_in_failure": 1`:             1,
		`"new_in_spend": "EUR"`:           1,
		`"new_in_approval": 7`:            1,
		`"new_in_balance": 8`:             1,
		`"new_in_intervention": 9`:        1,
		`"new_in_gap": 10`:                1,
		`"new_in_doubt"`:                  0, // its record was replaced: the doubt is settled
		`"new_in_line"`:                   0,
		`"new_in_entry"`:                  0,
	} {
		if got := strings.Count(text, field); got != want {
			t.Errorf("%s is there %d times, want %d", field, got, want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}
