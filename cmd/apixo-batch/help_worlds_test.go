package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/state"
)

// helpWorlds are the directories that examples are run in, each made once and
// then copied.
type helpWorlds struct {
	bin, baseURL, ledger string

	mu   sync.Mutex
	made map[helpWorld]func() string
}

// helpWorld is what a directory is like: what has become of the state, whether it
// is that of jobs.hcl or of the directory, and of simulated runs.
type helpWorld struct {
	like     string // "empty", "applied", "doubt"
	path     string
	simulate bool
}

// enter gives an example a directory of its own.
func (w *helpWorlds) enter(t *testing.T, command string) string {
	t.Helper()
	world := helpWorld{like: "applied", path: "."}
	switch {
	case strings.HasPrefix(command, "apixo-batch init"):
		world.like = "empty"
	case strings.HasPrefix(command, "apixo-batch resolve"):
		world.like = "doubt"
	}
	if strings.Contains(command, "jobs.") {
		world.path = "jobs.hcl"
	}
	world.simulate = strings.Contains(command, " -simulate")
	dir := t.TempDir()
	if output, err := exec.Command("cp", "-Rp", w.world(t, world)+"/.", dir).CombinedOutput(); err != nil { // os.CopyFS copies no modes
		t.Fatalf("%v\n%s", err, output)
	}
	file, err := statePath(view.Target{Path: filepath.Join(dir, world.path), Simulated: world.simulate})
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case strings.HasPrefix(command, "apixo-batch resume"), strings.HasPrefix(command, "apixo-batch download"):
		lose(t, filepath.Join(dir, "out", "hero", "cow-0.jpg"))
	case strings.HasPrefix(command, "apixo-batch state recover"):
		damage(t, file)
	case strings.HasPrefix(command, "apixo-batch force-unlock"):
		lockFromElsewhere(t, file)
	}
	return dir
}

// actual puts what is only known here in the place of what is made up in an
// example.
func (w *helpWorlds) actual(t *testing.T, dir, command string) string {
	t.Helper()
	if strings.Contains(command, "task_12345678") {
		command = strings.ReplaceAll(command, "task_12345678", w.lost(t, dir).TaskID)
	}
	if _, rest, ok := strings.Cut(command, "-errored="); ok {
		file, _, _ := strings.Cut(rest, " ")
		line, err := json.Marshal(w.lost(t, dir))
		if err := errors.Join(err, os.WriteFile(filepath.Join(dir, file), append(line, '\n'), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return strings.ReplaceAll(command, "127.0.0.1:8080", freeAddress(t))
}

// lost is the submit in doubt, with what only the simulator knows of it.
func (w *helpWorlds) lost(t *testing.T, dir string) (lost runner.UnrecordedTask) {
	t.Helper()
	contents, err := state.Read(filepath.Join(dir, "jobs.state.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range contents.Records {
		if r.Status == state.InDoubt {
			lost = runner.UnrecordedTask{Lineage: contents.Header.Lineage, Address: r.Address, Model: r.Request.Model,
				Nonce: r.Nonce, Fingerprint: r.Fingerprint, Cost: r.Cost, Priced: r.Priced, At: r.SubmittedAt}
		}
	}
	ledger, err := os.ReadFile(w.ledger)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(ledger)) {
		var entry struct {
			TaskID string `json:"task_id"`
			Fault  string `json:"fault"`
		}
		if err := json.Unmarshal([]byte(line), &entry); err == nil && entry.Fault == "drop" {
			lost.TaskID = entry.TaskID
		}
	}
	return lost
}

// world gives the directory that a world was made in.
func (w *helpWorlds) world(t *testing.T, world helpWorld) string {
	w.mu.Lock()
	made := w.made[world]
	if made == nil {
		made = sync.OnceValue(func() string { return w.make(t, world) })
		w.made[world] = made
	}
	w.mu.Unlock()
	return made()
}

func (w *helpWorlds) make(t *testing.T, world helpWorld) string {
	t.Helper()
	dir, err := os.MkdirTemp(w.bin, "world-")
	if err != nil {
		t.Fatal(err)
	}
	if world.like == "empty" {
		return dir
	}
	do := func(want int, config, line string) {
		if err := os.WriteFile(filepath.Join(dir, "jobs.hcl"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		if world.simulate {
			line = strings.Replace(line, "-batch apply", "-batch apply -simulate", 1)
		}
		line = strings.ReplaceAll(line, "PATH", world.path)
		if code, stdout, stderr := w.shell(t, dir, line, nil); code != want {
			t.Fatalf("%s ends with %d, want %d\n%s%s", line, code, want, stdout, stderr)
		}
	}
	if world.like == "doubt" {
		do(exitDoubt, fmt.Sprintf(helpConfig, " [sim:drop]")+helpOldTask, "apixo-batch apply -auto-approve PATH")
		return dir
	}
	config := fmt.Sprintf(helpConfig, "")
	do(exitDone, config+helpOldTask, "apixo-batch apply -auto-approve PATH")
	if !world.simulate {
		do(exitDone, config, "apixo-batch state rm task.older PATH") // the backup knows more than the state
		do(exitDone, config, "apixo-batch state pull PATH >copy.json")
		do(exitDone, config+helpNewTask, "apixo-batch plan -out=jobs.plan PATH")
	}
	do(exitDone, config+helpNewTask, "mkdir pictures; cp jobs.hcl pictures")
	return dir
}

const helpConfig = `
batch {
  poll {
    first    = "60ms"
    interval = "40ms"
  }
}
variable "style" {
  default = "ink"
}
task "hero" {
  model    = "nano-banana"
  for_each = { cat = "a cat%s", cow = "a cow" }
  input    = { mode = "text-to-image", prompt = "${each.value}, ${var.style}", aspect_ratio = "1:1" }
}
output "cover" {
  value = task.hero["cow"].files[0]
}
output "files" {
  value = [for hero in task.hero : hero.files[0]]
}
`

const helpOldTask = `
task "old" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "an old one", aspect_ratio = "1:1" }
}
task "older" {
  model = "nano-banana"
  input = { mode = "text-to-image", prompt = "an older one", aspect_ratio = "1:1" }
}
`

const helpNewTask = `
task "night" {
  model = "nano-banana"
  input = { mode = "image-to-image", prompt = "at night", image_urls = task.hero["cat"].urls, aspect_ratio = "1:1" }
}
`

// lose removes a result that was paid for.
func lose(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// damage makes one record of a state unreadable.
func damage(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := strings.Replace(string(content), `"status": "succeeded"`, `"status": "succ`, 1)
	if damaged == string(content) {
		t.Fatal("there is nothing to damage")
	}
	if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
		t.Fatal(err)
	}
}

// lockFromElsewhere locks a state, with a note that names another machine and the
// lock ID of the example.
func lockFromElsewhere(t *testing.T, path string) {
	t.Helper()
	store, err := state.Open(path, state.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	note, err := json.Marshal(state.LockInfo{ID: "3f9c2a71-5d2e-4c1b-9a60-7be14f08d2c5", Operation: "apply", Who: "somebody", Host: "elsewhere", PID: 1})
	if err := errors.Join(err, os.WriteFile(state.PathsFor(path).Lock, note, 0o600)); err != nil {
		t.Fatal(err)
	}
}
