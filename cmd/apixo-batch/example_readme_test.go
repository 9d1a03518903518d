package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The commands of a README are run in a shell, one after the other. Each has to
// end with 0, or with the code in its comment.
func TestExampleReadme(t *testing.T) {
	t.Parallel()
	root := copyOfExamples(t)
	linkProgram(t, filepath.Join(root, "bin"))
	script := exec.Command("sh", "-c", readmeScript(t, "../../examples/06-in-doubt/README.md", freeAddress(t)))
	script.Dir = root
	script.Env = append(os.Environ(), "PATH="+filepath.Join(root, "bin")+string(filepath.ListSeparator)+os.Getenv("PATH"))
	if output, err := script.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	dashboard, err := os.ReadFile(filepath.Join(root, "rehearsal", "dashboard.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(dashboard), "\n"); n != 3 {
		t.Errorf("want three tasks and three charges:\n%s", dashboard)
	}
	if files, _ := filepath.Glob(filepath.Join(root, "rehearsal", "out", "poster", "*-0.jpg")); len(files) != 3 {
		t.Errorf("want a file of each poster, got %v", files)
	}
}

// readmeScript makes a shell script of the sh blocks of a README. The simulator
// runs in the background, at the given address, and ends with the script.
func readmeScript(t *testing.T, readme, address string) string {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	script := "started=; trap 'kill $started' EXIT\n"
	for _, block := range fence.FindAllStringSubmatch(string(text), -1) {
		if block[1] != "sh" {
			t.Fatalf("a block of %s is marked %q, not sh:\n%s", readme, block[1], block[2])
		}
		for line := range strings.Lines(strings.ReplaceAll(block[2], "127.0.0.1:8808", address)) {
			line, comment, _ := strings.Cut(strings.TrimSpace(line), "   # exit code ")
			if strings.HasPrefix(line, "apixo-batch simulator ") {
				script += line + " >started &\nstarted=$!\nuntil grep -q APIXO_BASE_URL started; do kill -0 $started || exit 1; sleep 0.1; done\n"
				continue
			}
			script += fmt.Sprintf("echo '$' %s\n%s\ncode=$?; [ $code = %s ] || { echo \"ends with $code\"; exit 1; }\n",
				shellQuoted(line), line, cmp.Or(comment, "0"))
		}
	}
	return script
}

func shellQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// freeAddress is one that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// linkProgram makes this test binary an apixo-batch in a directory for PATH.
func linkProgram(t *testing.T, dir string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.MkdirAll(dir, 0o777), os.Symlink(self, filepath.Join(dir, "apixo-batch"))); err != nil {
		t.Fatal(err)
	}
}
