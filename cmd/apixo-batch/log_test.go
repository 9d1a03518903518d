package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v3"

	"apixo-batch/runner"
	"apixo-batch/runner/simulator"
)

func TestParseLog(t *testing.T) {
	at := func(level slog.Level, json bool) *logSetting { return &logSetting{level, json} }
	for text, want := range map[string]*logSetting{
		"trace": at(runner.LevelTrace, false), "debug": at(slog.LevelDebug, false), "info": at(slog.LevelInfo, false),
		"warn": at(slog.LevelWarn, false), "error": at(slog.LevelError, false), "off": nil, "OFF": nil, "Trace": at(runner.LevelTrace, false),
		"json": at(slog.LevelInfo, true), "json,debug": at(slog.LevelDebug, true), " debug , JSON ": at(slog.LevelDebug, true), "json,off": nil,
	} {
		got, err := parseLog(text)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(logSetting{})); err != nil || diff != "" {
			t.Errorf("%q: %v %s", text, err, diff)
		}
	}
	for _, text := range []string{"verbose", "1", "true", ",", "json,", "json,json", "debug,info", "off,debug", "debug off", " "} {
		if got, err := parseLog(text); err == nil || !strings.Contains(err.Error(), "trace, debug, info, warn, error or off") {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
}

// logOf makes the log of a program whose standard error is a buffer.
func logOf(t *testing.T, setting, key string) (*slog.Logger, *bytes.Buffer) {
	t.Helper()
	p, _, stderr := testProgram(nil, map[string]string{logVariable: setting, keyVariable: key})
	if err := p.openLog(&cli.Command{Name: "apply"}); err != nil {
		t.Fatal(err)
	}
	stderr.Reset()
	return p.log, stderr
}

// What an API says cannot look like a line of ours, nor move the cursor.
func TestNoTextCanForgeALineOfALog(t *testing.T) {
	hostile := "x\ntime=2026-11-22T12:00:00Z level=INFO msg=\"submit accepted\"\r\x1b[2K\u0085\u009b2J\u2028\u202e\x00\" y=\"z"
	for _, setting := range []string{"info", "json"} {
		log, out := logOf(t, setting, "")
		log.Info("status", "fail_msg", hostile, "files", []string{hostile})
		text := out.String()
		if strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
			t.Errorf("%s: not one line: %q", setting, text)
		}
		for _, r := range strings.TrimSuffix(text, "\n") {
			if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u202e' {
				t.Errorf("%s: %q is in %q", setting, r, text)
			}
		}
	}
}

func TestTheKeyIsTakenOutOfALogWhereverItComesFrom(t *testing.T) {
	for _, setting := range []string{"trace", "json,trace"} {
		log, out := logOf(t, setting, canary)
		log.Info("call "+canary, "error", fmt.Errorf("with %s in it", canary).Error(), "input", json.RawMessage(`{"a":"`+canary+`"}`), "files", []string{"a"})
		if text := out.String(); strings.Contains(text, canary) || strings.Count(text, "(sensitive)") != 3 {
			t.Errorf("%s: %s", setting, text)
		}
	}
}

func TestALogFileIsItsOwnersAndAppendedTo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.log")
	for range 2 {
		p, _, _ := testProgram(nil, map[string]string{logVariable: "info", logPathVariable: path})
		if err := p.openLog(&cli.Command{Name: "apply"}); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if text, err := os.ReadFile(path); err != nil || bytes.Count(text, []byte("\n")) != 2 {
		t.Errorf("%s, %v", text, err)
	}
}

// volatile is what differs from run to run in a log.
var volatile = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`20\d\d-\d\d-\d\dT[0-9:.]+Z`), "TIME"},
	{regexp.MustCompile(`20\d{6}T[0-9.]+Z`), "RUN"},
	{regexp.MustCompile(`sim_[A-Za-z0-9_-]+`), "TASK"},
	{regexp.MustCompile(`\b[A-Z2-7]{26}\b`), "NONCE"},
	{regexp.MustCompile(`(wait_seconds"?[=:])[0-9.]+`), "${1}WAIT"},
	{regexp.MustCompile(`(elapsed_seconds"?[=:])[0-9.e-]+`), "${1}ELAPSED"},
	{regexp.MustCompile(`(version"?[=:]"?)[^\s"]+`), "${1}VERSION"},
	{regexp.MustCompile(`hmac-sha256:[0-9a-f]{64}`), "HMAC"},
	{regexp.MustCompile(`(POST generateTask/nano-banana: )[^"]+`), "${1}LOST"},
}

// A run in which each kind of thing goes wrong, at the level that people keep.
func TestLogOfARunWithFaults(t *testing.T) {
	const config = `
batch {
  parallelism = 1
}
variable "word" {
  default   = "a quiet word"
  sensitive = true
}
task "limited" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "[sim:http=429,times=1]", aspect_ratio = "1:1" }
}
task "broken" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "[sim:http=500,times=1]", aspect_ratio = "1:1" }
}
task "failed" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "${var.word} [sim:fail=NSFW]", aspect_ratio = "1:1" }
}
task "doubt" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "[sim:drop]", aspect_ratio = "1:1" }
}
`
	for format, setting := range map[string]string{"text": "info", "json": "json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			sim, err := simulator.New(simulator.Config{Seed: 1, Speed: 50})
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(sim)
			t.Cleanup(func() { server.Close(); sim.Close() })
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "jobs.hcl"), []byte(config), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := command(t, dir, server.URL, "apply", "-auto-approve", "jobs.hcl")
			cmd.Env = append(cmd.Env, "APIXO_LOG="+setting, "APIXO_LOG_PATH=run.log")
			cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
			_ = cmd.Run() // its exit code is in the log
			text, err := os.ReadFile(filepath.Join(dir, "run.log"))
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range volatile {
				text = v.pattern.ReplaceAll(text, []byte(v.instead))
			}
			compareFile(t, filepath.Join("testdata", "log", format+".log"), byInstance(text))
		})
	}
}

// byInstance puts the lines about an instance together, in their order: what happens
// to others meanwhile is chance.
func byInstance(log []byte) []byte {
	address := regexp.MustCompile(`\baddress"?[=:]"?([^\s",]+)`)
	lines := bytes.SplitAfter(log, []byte("\n"))
	slices.SortStableFunc(lines, func(a, b []byte) int {
		return bytes.Compare(bytes.Join(address.FindSubmatch(a), nil), bytes.Join(address.FindSubmatch(b), nil))
	})
	return bytes.Join(lines, nil)
}

// compareFile compares a text with a file; UPDATE_GOLDEN=1 writes it anew.
func compareFile(t *testing.T, path string, got []byte) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
