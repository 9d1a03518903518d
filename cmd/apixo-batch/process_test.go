package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"apixo-batch/runner/simulator"
	"apixo-batch/state/disk/disktest"
)

// inheritNoDeafness lets the processes that are started here hear the signals
// that this one was started without, as under nohup. It goes on ignoring them.
func inheritNoDeafness() {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
}

// watchedMain is main, with the test between it and the outside. It waits for no
// disk: what was written outlives the process, however that ends.
func watchedMain() {
	p := newProgram()
	p.disk = disktest.Unsynced
	s, err := watchSteps(p)
	if err = errors.Join(err, limitSelf()); err != nil {
		panic(err)
	}
	code := p.execute(os.Args)
	s.pass("exit")
	if err := tellMemory(); err != nil {
		panic(err)
	}
	os.Exit(code)
}

// customer has an account of the API: a key, a simulator of its own, a directory that is
// worked in with that key, and one each for what is in the home and for what is temporary.
type customer struct {
	dir, home, temp, key, baseURL string
	sim                           *simulator.Simulator
}

// bank serves customers at one address, since a state belongs to one endpoint: a
// directory may be copied, with the ledger of its account, and go on by itself.
type bank struct {
	server *httptest.Server
	seed   uint64

	mu        sync.Mutex
	customers map[string]*customer // by key
	files     http.Handler         // any of them: results are computed from task ID and seed
}

func newBank(t *testing.T, seed uint64) *bank {
	b := &bank{seed: seed, customers: make(map[string]*customer)}
	b.server = httptest.NewServer(b)
	t.Cleanup(b.server.Close)
	return b
}

func (b *bank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	b.mu.Lock()
	handler := b.files
	if a := b.customers[key]; a != nil {
		handler = a.sim
	}
	b.mu.Unlock()
	handler.ServeHTTP(w, r)
}

// open opens a customer with a new directory. The ledger's entries are what was
// accepted before.
func (b *bank) open(t *testing.T, config simulator.Config) *customer {
	t.Helper()
	a := &customer{dir: t.TempDir(), home: t.TempDir(), temp: t.TempDir(), baseURL: b.server.URL}
	config.Seed, config.Thumbnails = b.seed, true
	sim, err := simulator.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	a.sim = sim
	b.mu.Lock()
	defer b.mu.Unlock()
	a.key = fmt.Sprintf("sk-canary-%04d", len(b.customers))
	b.customers[a.key], b.files = a, sim
	return a
}

// command is this test binary, run as apixo-batch in a directory.
func command(t testing.TB, dir, baseURL string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Args = append([]string{"apixo-batch"}, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "APIXO_BASE_URL="+baseURL, "APIXO_API_KEY=sk-canary-kill")
	return cmd
}

// simulatorProcess is a simulator in a process of its own.
func simulatorProcess(t testing.TB, args ...string) (baseURL string) {
	t.Helper()
	cmd := command(t, t.TempDir(), "", append([]string{"simulator"}, args...)...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	baseURL, found := strings.CutPrefix(strings.TrimSpace(line), "APIXO_BASE_URL=")
	if err != nil || !found {
		t.Fatalf("the simulator began with %q, %v", line, err)
	}
	return baseURL
}

// command is apixo-batch with the customer's key, in its directory.
func (a *customer) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := command(t, a.dir, a.baseURL, args...)
	cmd.Env = append(cmd.Env, "APIXO_API_KEY="+a.key, "HOME="+a.home, "XDG_STATE_HOME="+a.home, "TMPDIR="+a.temp)
	return cmd
}

// finish applies until a rerun would do nothing more, and returns the last exit
// code and output.
func (a *customer) finish(t *testing.T) (code int, output string) {
	t.Helper()
	for range 8 {
		cmd := a.command(t, "apply", "-auto-approve", "jobs.hcl")
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Run(); cmd.ProcessState == nil {
			t.Fatal(err)
		}
		code, output = cmd.ProcessState.ExitCode(), out.String()
		if strings.Contains(output, a.key) {
			t.Errorf("the key is in the output:\n%s", output)
		}
		if code != exitAgain {
			return code, output
		}
	}
	t.Errorf("apply does not come to an end:\n%s", output)
	return code, output
}

func (a *customer) judge(t *testing.T) judgement {
	t.Helper()
	return judgeAll(t, a.dir, a.key, a.sim.Ledger())
}

// write writes a file of the customer's directory.
func (a *customer) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// each runs a subtest for each case, width at a time. They sleep more than they
// work, so that there may be many more than processors.
func each[T any](t *testing.T, width int, cases []T, name func(T) string, test func(*testing.T, T)) {
	var running sync.WaitGroup
	slots := make(chan struct{}, width)
	for _, c := range cases {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			t.Run(name(c), func(t *testing.T) { test(t, c) })
		})
	}
	running.Wait()
}

// killTasks are two chained blocks of two models, so that a kill finds tasks in
// every step; the answers to some submits take a while, so that it finds these
// too. The polls are quick because the simulated tasks are.
const killTasks = `
batch {
  parallelism = 24
  poll {
    first    = "60ms"
    interval = "40ms"
  }
}
task "still" {
  model = "nano-banana"
  count = %d
  input = { mode = "text-to-image", prompt = "a harbour, view ${count.index}${count.index %% 3 == 0 ? " [sim:slow=6s]" : ""}", aspect_ratio = "1:1" }
}
task "other" {
  model    = "flux-kontext"
  for_each = task.still
  input    = { mode = "pro", prompt = "from ${each.key}", image_urls = [each.value.urls[0]], aspect_ratio = "1:1" }
}
`
