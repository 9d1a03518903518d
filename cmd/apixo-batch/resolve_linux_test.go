package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"apixo-batch/spec/task"
	"apixo-batch/state"
	"apixo-batch/state/disk"
)

// A task that the API says is older than the submit is taken by a person who was
// told, or with the flag, and not by -auto-approve alone.
func TestATaskOlderThanItsSubmitIsTakenOnPurposeOnly(t *testing.T) {
	created := time.Now().Add(-time.Hour)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"code":200,"message":"success","data":{"taskId":"task_12345678","state":"generating","createTime":%d}}`, created.UnixMilli())
	}))
	defer api.Close()
	for _, test := range []struct {
		name, answer string
		flags        []string
		code         int
		want         string
	}{
		{"nobody to ask", "", []string{"-auto-approve"}, exitError, "pass -accept-earlier-task"},
		{"the flag", "", []string{"-auto-approve", "-accept-earlier-task"}, exitDone, "task.a is settled"},
		{"a person says no", "no\n", nil, exitError, "Is the clock of this machine right?"},
		{"a person says yes", "yes\n", nil, exitDone, "which is 1h0m0s before task.a was submitted at"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "jobs.state.json")
			putDoubt(t, file, created.Add(time.Hour))
			p, out, errs := testProgram(nil, map[string]string{baseURLVariable: api.URL, "APIXO_API_KEY": "sk-canary-resolve"})
			p.disk, p.carrier = disk.OS, func(t http.RoundTripper) http.RoundTripper { return t }
			term := newTerminal(t)
			p.stdin = term.tty
			io.WriteString(term.seat, test.answer)
			args := append([]string{"apixo-batch", "resolve", "-state=" + file, "-task-id=task_12345678"}, test.flags...)
			code := p.execute(append(args, "task.a", filepath.Join(filepath.Dir(file), "jobs.hcl")))
			if said := strings.Join(strings.Fields(out.String()+errs.String()), " "); code != test.code || !strings.Contains(said, test.want) {
				t.Errorf("exit code %d: %s", code, said)
			}
			contents, err := state.Read(file)
			if err != nil {
				t.Fatal(err)
			}
			if r := contents.Records[0]; (r.Status == state.Running) != (test.code == exitDone) {
				t.Errorf("its status is %s", r.Status)
			}
		})
	}
}

// putDoubt makes a state with one submit in doubt.
func putDoubt(t *testing.T, file string, submitted time.Time) {
	t.Helper()
	store, err := state.Open(file, state.OpenOptions{Operation: "test", Tool: "test"})
	if err != nil {
		t.Fatal(err)
	}
	request := task.Request{Model: "nano-banana", Input: []byte(`{"prompt":"a pier"}`)}
	r := state.Record{
		Address: task.Address{Name: "a"}, Status: state.InDoubt, Request: request, Fingerprint: request.Fingerprint(), Nonce: "NONCE1",
		Cost: 30_000, Priced: true, SubmittedAt: submitted, Doubt: &state.Doubt{Since: submitted, Cause: "no whole answer came"},
	}
	reserve := state.Entry{Kind: state.Reserve, Nonce: r.Nonce, Address: r.Address, Model: request.Model, Cost: r.Cost, Priced: true, At: submitted}
	if err := store.Commit(state.Change{Op: "in_doubt", Put: []state.Record{r}, Money: []state.Entry{reserve}}); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}
