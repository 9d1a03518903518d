package simulator

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// others are clients that share no code with this module: what each needs, and how
// it is called.
var others = map[string][]string{
	"node": {"node", "testdata/clients/fetch.mjs"},
	"curl": {"sh", "testdata/clients/fetch.sh"},
}

// runOther lets a client make one picture, and returns what it printed and its
// exit code.
func runOther(t *testing.T, name, baseURL, prompt, dir string) (stdout string, code int) {
	t.Helper()
	for _, program := range []string{name, others[name][0]} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed, so the client that needs it is not tried", program)
		}
	}
	command := exec.CommandContext(t.Context(), others[name][0], others[name][1], prompt, dir)
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "APIXO_BASE_URL=" + baseURL, "APIXO_API_KEY=any"}
	out, err := command.Output()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		t.Logf("%s says: %s", name, exit.Stderr)
		return string(out), exit.ExitCode()
	case err != nil:
		t.Fatal(err)
	}
	return string(out), 0
}

func TestClientsOfOthersGetTheirPictures(t *testing.T) {
	for name := range others {
		for marker, polls := range map[string]int{
			"":                                      1,
			" [sim:status=earlier-state,times=2]":   3, // pending or processing
			" [sim:http=429,times=1,retry-after=1]": 1,
			" [sim:status=500,times=2]":             3,
			" [sim:http=503,times=1][sim:status=429,times=1,retry-after=1]": 2,
		} {
			t.Run(fmt.Sprint(name, marker), func(t *testing.T) {
				t.Parallel()
				sim, server := serveOthers(t, Config{Latency: &Latency{200 * time.Millisecond, 400 * time.Millisecond}})
				dir := t.TempDir()
				stdout, code := runOther(t, name, server.URL, "a pier"+marker, dir)
				l := sim.Ledger()
				if code != 0 || len(l) != 1 {
					t.Fatalf("exit %d, %d tasks", code, len(l))
				}
				if want := fmt.Sprintf("%s/files/%s/0.jpg", server.URL, l[0].TaskID); strings.TrimSpace(stdout) != want {
					t.Errorf("it printed %q, want %q", stdout, want)
				}
				_, want, err := ResultFile(l[0].TaskID, 0)
				got, errRead := os.ReadFile(filepath.Join(dir, "0.jpg"))
				if err != nil || errRead != nil || string(got) != string(want) {
					t.Errorf("%v, %v, the same bytes: %v", err, errRead, string(got) == string(want))
				}
				if s := sim.Stats(); s.AuthorizedFileRequests != 0 || s.Polls < polls {
					t.Errorf("%d status calls, the key came to %d files", s.Polls, s.AuthorizedFileRequests)
				}
			})
		}
	}
}

func TestClientsOfOthersSeeAFailure(t *testing.T) {
	for name := range others {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, server := serveOthers(t, Config{Latency: &Latency{}})
			if stdout, code := runOther(t, name, server.URL, "x [sim:fail=NSFW]", t.TempDir()); code != 3 || stdout != "" {
				t.Errorf("exit %d, printed %q", code, stdout)
			}
		})
	}
}

func serveOthers(t *testing.T, c Config) (*Simulator, *httptest.Server) {
	t.Helper()
	sim, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	server := newTestServer(t, sim)
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return sim, server
}

// newTestServer is a server that complains to nobody: faults are meant.
func newTestServer(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	return server
}
