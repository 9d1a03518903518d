package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// canary is the API key of every script. It must turn up nowhere.
const canary = "sk-canary-5f1d0c9b7e3a"

func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){"apixo-batch": watchedMain})
}

// tests keep what the program remembers of states out of the user's home. Most of
// them wait for processes of their own, so more run at a time than usual, unless
// -parallel says how many.
type tests struct{ *testing.M }

// noSleepAtExit is GORACE with one more option: a process with the race detector sleeps
// for a second at its end otherwise.
func noSleepAtExit() string { return os.Getenv("GORACE") + " atexit_sleep_ms=0" }

func (t tests) Run() int {
	flag.Parse()
	if chosen := flag.Lookup("test.parallel"); chosen.Value.String() == chosen.DefValue {
		flag.Set(chosen.Name, strconv.Itoa(3*runtime.GOMAXPROCS(0)))
	}
	dir, err := os.MkdirTemp("", "apixo-batch-test-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	os.Setenv("XDG_STATE_HOME", dir)
	os.Setenv("GORACE", noSleepAtExit())
	inheritNoDeafness()
	return t.M.Run()
}

// TestScripts runs the program as users do. A script is a txtar archive under
// testdata/script; with UPDATE_SCRIPTS=1 the texts compared by cmp are written
// anew.
func TestScripts(t *testing.T) {
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("EXAMPLES", examples)
			env.Setenv("APIXO_API_KEY", canary)
			env.Setenv("GORACE", os.Getenv("GORACE"))
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, ".local-state"))
			env.Defer(func() { leaks(env) })
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":     exits,
			"simulator": simulatorInBackground,
			"signal":    sendSignal,
			"ended":     endedWith,
			"waitfor":   waitFor,
			"replace":   replaceText,
		},
	})
}

// exits runs a command that ends with the given code: exits 3 apixo-batch apply.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	for _, stream := range []string{"stdout", "stderr"} {
		if strings.Contains(ts.ReadFile(stream), canary) {
			ts.Fatalf("the key is on %s", stream)
		}
	}
}

// sendSignal sends the background commands a signal: signal TERM.
func sendSignal(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}
	if neg || len(args) != 1 || signals[args[0]] == nil {
		ts.Fatalf("usage: signal INT|TERM|HUP")
	}
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(signals[args[0]]))
		signalled.Store(ts, cmd)
	}
}

// signalled holds, by script, the command that got the last signal.
var signalled sync.Map

// endedWith checks the exit code of the command that got the last signal; wait
// comes before: ended 130.
func endedWith(ts *testscript.TestScript, neg bool, args []string) {
	cmd, ok := signalled.Load(ts)
	if neg || len(args) != 1 || !ok {
		ts.Fatalf("usage: ended CODE, after signal and wait")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := cmd.(*exec.Cmd).ProcessState.ExitCode(); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// waitFor waits until a file holds a text: waitfor jobs.state.journal running.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: waitfor FILE TEXT")
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) { // a real process lives in real time
		if content, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && bytes.Contains(content, []byte(args[1])) {
			return
		}
	}
	ts.Fatalf("%s does not hold %q after 30 s", args[0], args[1])
}

// replaceText changes a text in a file once: replace jobs.state.json old new.
func replaceText(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace FILE OLD NEW")
	}
	content := ts.ReadFile(args[0])
	if !strings.Contains(content, args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(content, args[1], args[2], 1)), 0o600))
}

// leaks fails the script if any file that it left holds the key.
func leaks(env *testscript.Env) {
	err := filepath.WalkDir(env.WorkDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // removed meanwhile, or a directory nobody can read
		}
		if content, err := os.ReadFile(path); err == nil && bytes.Contains(content, []byte(canary)) {
			env.T().Log("the key is in " + path)
			env.T().FailNow()
		}
		return nil
	})
	if err != nil {
		env.T().Log(err)
		env.T().FailNow()
	}
}

// simulatorInBackground starts the simulator command in the background, points the
// program at it, and stops it when the script ends.
func simulatorInBackground(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("simulator cannot be negated")
	}
	// The test binary is the program too, under the program's name.
	path, err := exec.LookPath(filepath.Join(filepath.SplitList(ts.Getenv("PATH"))[0], "apixo-batch"))
	ts.Check(err)
	cmd := exec.Command(path, append([]string{"simulator"}, args...)...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			ts.Logf("simulator: %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	ts.Check(err)
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "APIXO_BASE_URL=")
	if !ok {
		ts.Fatalf("the first line of the simulator is %q", line)
	}
	ts.Setenv("APIXO_BASE_URL", url)
}
