package runner

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"apixo-batch/spec/task"
	"apixo-batch/state"
	"apixo-batch/state/disk"
)

// A run was cut off while it retired a.png to a.old.png, or somebody did
// something to the files since.
func TestARetirementThatWasCutOffIsFinished(t *testing.T) {
	for name, c := range map[string]struct {
		files func(a, old string) error
		want  error
		left  map[string]bool
	}{
		"two names of one file": {
			func(a, old string) error { return errors.Join(os.WriteFile(a, []byte("x"), 0o600), os.Link(a, old)) },
			nil, map[string]bool{"a.png": false, "a.old.png": true},
		},
		"recorded, not renamed": {
			func(a, old string) error { return os.WriteFile(a, []byte("x"), 0o600) },
			nil, map[string]bool{"a.png": false, "a.old.png": true},
		},
		"a copy of somebody": {
			func(a, old string) error {
				return errors.Join(os.WriteFile(a, []byte("x"), 0o600), os.WriteFile(old, []byte("x"), 0o600))
			},
			errOccupied, map[string]bool{"a.png": true, "a.old.png": true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := c.files(filepath.Join(dir, "a.png"), filepath.Join(dir, "a.old.png")); err != nil {
				t.Fatal(err)
			}
			files, err := openOutput(disk.OS, dir)
			if err != nil {
				t.Fatal(err)
			}
			defer files.close()
			if err := files.unname("a.png", "a.old.png"); !errors.Is(err, c.want) {
				t.Errorf("error is %v, want %v", err, c.want)
			}
			for name, want := range c.left {
				if _, err := os.Lstat(filepath.Join(dir, name)); (err == nil) != want {
					t.Errorf("%s is there: %v, want %v", name, err == nil, want)
				}
			}
		})
	}
}

// Several tasks may have had the same result. Only the one that is recorded
// under the name has it.
func TestTheFileThatIsRecordedUnderTheNameIsRetired(t *testing.T) {
	past := func(path, sum string) state.Past {
		return state.Past{Artifacts: []state.Artifact{{Path: path, SHA256: sum}}}
	}
	r := state.Record{Past: []state.Past{past("a.one.png", "1"), past("a.png", "1"), past("a.two.png", "2")}}
	if got, ok := findOlder(r, "a.png", "1"); !ok || got != (older{1, 0}) {
		t.Errorf("found %v, %v", got, ok)
	}
	if got, ok := findOlder(r, "b.png", "2"); !ok || got != (older{2, 0}) {
		t.Errorf("found %v, %v", got, ok)
	}
	if _, ok := findOlder(r, "a.png", "3"); ok {
		t.Error("found a file of other content")
	}
}

func TestOnlyPartsOfThisStateAreRemoved(t *testing.T) {
	address := task.Address{Name: "a"}
	record := state.Record{
		Address: address, TaskID: "t1", Result: &task.Result{URLs: []string{"u", "v"}},
		Past: []state.Past{{TaskID: "t0", Result: &task.Result{URLs: []string{"u"}}}},
	}
	names := partNames([]*state.Record{&record})
	for id, want := range map[target]bool{
		{address: address, taskID: "t1", index: 1}:                 true,
		{address: address, taskID: "t0", index: 0}:                 true,
		{address: address, taskID: "t1", index: 2}:                 false,
		{address: address, taskID: "t2", index: 0}:                 false,
		{address: task.Address{Name: "b"}, taskID: "t1", index: 0}: false,
	} {
		if names[partName(id.id())] != want {
			t.Errorf("%+v is ours: %v, want %v", id, !want, want)
		}
	}
	if !names[trialName] {
		t.Error("the trial is not ours")
	}
}
