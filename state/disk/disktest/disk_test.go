package disktest

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"apixo-batch/state/disk"
)

func newDisk(t *testing.T) (*Disk, string) {
	t.Helper()
	dir := t.TempDir()
	d, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	return d, dir
}

// survivors are the files that are left, by path, with their content.
func survivors(t *testing.T, d *Disk, s Survival) map[string]string {
	t.Helper()
	dir := t.TempDir()
	if err := d.Survive(dir, s); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func written(t *testing.T, d disk.Dir, name, content string) disk.File {
	t.Helper()
	f, err := d.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	must(t, err)
	t.Cleanup(func() { f.Close() })
	_, err = f.Write([]byte(content))
	must(t, err)
	return f
}

func TestOnlyWhatWasSyncedIsSureToSurvive(t *testing.T) {
	d, dir := newDisk(t)
	synced := written(t, d, filepath.Join(dir, "synced"), "durable,")
	must(t, synced.Sync(), d.SyncDir(dir))
	synced.Write([]byte(" not durable"))
	must(t, written(t, d, filepath.Join(dir, "nameless"), "content").Sync())

	for _, c := range []struct {
		survival Survival
		want     map[string]string
	}{
		{OnlySynced(), map[string]string{"synced": "durable,"}},
		{Everything(), map[string]string{"synced": "durable, not durable", "nameless": "content"}},
	} {
		if got := survivors(t, d, c.survival); !maps.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.survival, got, c.want)
		}
	}
	if got, there := d.Synced(filepath.Join(dir, "synced")); !there || string(got) != "durable," {
		t.Errorf("Synced says %q, %v", got, there)
	}
	if _, there := d.Synced(filepath.Join(dir, "nameless")); there {
		t.Error("Synced finds a file without a durable name")
	}
}

// Each way in which a program may forget a sync is one that some power loss
// shows.
func TestEveryForgottenSyncShows(t *testing.T) {
	for name, c := range map[string]struct {
		act  func(t *testing.T, d *Disk, dir string)
		want []string // among the contents of "new" that can be left; "" for none
	}{
		"rename before the content was synced": {func(t *testing.T, d *Disk, dir string) {
			written(t, d, filepath.Join(dir, "temp"), "content")
			must(t, d.Rename(filepath.Join(dir, "temp"), filepath.Join(dir, "new")), d.SyncDir(dir))
		}, []string{"content", "\x00\x00\x00\x00\x00\x00\x00", "c"}},
		"rename without a sync of the directory": {func(t *testing.T, d *Disk, dir string) {
			must(t, written(t, d, filepath.Join(dir, "temp"), "content").Sync())
			must(t, d.Rename(filepath.Join(dir, "temp"), filepath.Join(dir, "new")))
		}, []string{"", "content"}},
		"parts of a write": {func(t *testing.T, d *Disk, dir string) {
			written(t, d, filepath.Join(dir, "new"), "abc")
			must(t, d.SyncDir(dir))
		}, []string{"abc", "ab", "a", "\x00bc", "a\x00c", "ab\x00", "\x00\x00c"}},
		"a later write without an earlier one": {func(t *testing.T, d *Disk, dir string) {
			f := written(t, d, filepath.Join(dir, "new"), "abc")
			f.Write([]byte("def"))
			must(t, d.SyncDir(dir))
		}, []string{"abcdef", "abc", "\x00\x00\x00def"}},
		"a directory without its own name": {func(t *testing.T, d *Disk, dir string) {
			must(t, d.MkdirAll(filepath.Join(dir, "sub"), 0o700))
			must(t, written(t, d, filepath.Join(dir, "sub", "new"), "content").Sync())
			must(t, d.SyncDir(filepath.Join(dir, "sub")), d.Rename(filepath.Join(dir, "sub", "new"), filepath.Join(dir, "new")), d.SyncDir(filepath.Join(dir, "sub")))
		}, []string{"", "content"}},
	} {
		t.Run(name, func(t *testing.T) {
			d, dir := newDisk(t)
			c.act(t, d, dir)
			seen := map[string]bool{}
			for seed := range uint64(300) {
				seen[survivors(t, d, AnyOf(seed))["new"]] = true
			}
			for _, want := range c.want {
				if !seen[want] {
					t.Errorf("%q is never left: %q", want, slices.Sorted(maps.Keys(seen)))
				}
			}
		})
	}
}

func TestInOrderNeverLeavesALaterEffectWithoutAnEarlierOne(t *testing.T) {
	d, dir := newDisk(t)
	f := written(t, d, filepath.Join(dir, "log"), "abc")
	f.Write([]byte("def"))
	must(t, d.Rename(filepath.Join(dir, "log"), filepath.Join(dir, "renamed")))
	lengths := map[int]bool{}
	for seed := range uint64(200) {
		left := survivors(t, d, InOrder(seed))
		content := left["log"] + left["renamed"]
		if !strings.HasPrefix("abcdef", content) || left["renamed"] != "" && content != "abcdef" {
			t.Fatalf("seed %d leaves %q", seed, left)
		}
		lengths[len(content)] = true
	}
	if len(lengths) != 7 {
		t.Errorf("the log is cut at %d of 7 places", len(lengths))
	}
}

func TestAFailedSyncLosesTheDataThoughTheNextSucceeds(t *testing.T) {
	d, dir := newDisk(t)
	f := written(t, d, filepath.Join(dir, "log"), "first,")
	must(t, f.Sync(), d.SyncDir(dir))
	f.Write([]byte("lost,"))
	d.Inject(IOError, 1, 0, nil)
	if err := f.SyncData(); !errors.Is(err, syscall.EIO) {
		t.Fatalf("the failing fsync says %v", err)
	}
	f.Write([]byte("last"))
	must(t, f.SyncData())
	if got, want := survivors(t, d, OnlySynced())["log"], "first,\x00\x00\x00\x00\x00last"; got != want {
		t.Errorf("a power loss leaves %q, want %q", got, want)
	}
	if got, want := survivors(t, d, Everything())["log"], "first,lost,last"; got != want {
		t.Errorf("the process sees %q, want %q", got, want)
	}
}

func TestTwoNamesStayOneFile(t *testing.T) {
	d, dir := newDisk(t)
	f := written(t, d, filepath.Join(dir, "a"), "content")
	must(t, d.Link(filepath.Join(dir, "a"), filepath.Join(dir, "b")), f.Sync(), d.SyncDir(dir))
	must(t, d.Rename(filepath.Join(dir, "a"), filepath.Join(dir, "b"))) // leaves both
	f.Write([]byte(", more"))
	must(t, f.Sync())
	to := t.TempDir()
	must(t, d.Survive(to, OnlySynced()))
	a, errA := os.Stat(filepath.Join(to, "a"))
	b, errB := os.Stat(filepath.Join(to, "b"))
	if errA != nil || errB != nil || !os.SameFile(a, b) || a.Size() != int64(len("content, more")) {
		t.Errorf("a is %v (%v), b is %v (%v)", a, errA, b, errB)
	}
}

func TestFaultsHitTheChosenOperationOnly(t *testing.T) {
	work := func(d *Disk, dir string) (errs []error) {
		f, err := d.OpenFile(filepath.Join(dir, "f"), os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			return []error{err, err, err, err}
		}
		defer f.Close()
		_, first := f.Write([]byte("first"))
		_, second := f.Write([]byte("second"))
		return []error{nil, first, f.Sync(), second}
	}
	for f, want := range map[Fault][]error{ // at the second operation it can hit
		IOError:     {nil, syscall.EIO, nil, nil},
		DeadDisk:    {nil, syscall.EIO, syscall.EIO, syscall.EIO},
		NoSpace:     {nil, syscall.ENOSPC, nil, nil},
		FullDisk:    {nil, syscall.ENOSPC, nil, syscall.ENOSPC},
		CrashBefore: {nil, ErrCrashed, ErrCrashed, ErrCrashed},
		CrashDuring: {nil, nil, ErrCrashed, ErrCrashed},
		CrashAfter:  {nil, ErrCrashed, ErrCrashed, ErrCrashed},
	} {
		t.Run(f.String(), func(t *testing.T) {
			d, dir := newDisk(t)
			crashes := 0
			d.Inject(f, 2, 7, func() { crashes++ })
			got := work(d, dir)
			for i := range want {
				if !errors.Is(got[i], want[i]) || (got[i] == nil) != (want[i] == nil) {
					t.Errorf("operation %d says %v, want %v", i, got[i], want[i])
				}
			}
			if !strings.HasPrefix(d.Hit(), "write f") || d.Crashed() != f.Crashes() || crashes > 1 || (crashes == 1) != f.Crashes() {
				t.Errorf("hit %q, crashed %v, told %d times", d.Hit(), d.Crashed(), crashes)
			}
		})
	}
}

func TestAFailingWriteMayHappenInPart(t *testing.T) {
	lengths := map[int]bool{}
	for seed := range uint64(100) {
		d, dir := newDisk(t)
		f := written(t, d, filepath.Join(dir, "f"), "")
		d.Inject(NoSpace, 1, seed, nil)
		n, err := f.Write([]byte("abc"))
		content, _ := os.ReadFile(filepath.Join(dir, "f"))
		if !errors.Is(err, syscall.ENOSPC) || string(content) != "abc"[:n] {
			t.Fatalf("Write says %d, %v and wrote %q", n, err, content)
		}
		lengths[n] = true
	}
	if len(lengths) != 4 {
		t.Errorf("lengths are %v", lengths)
	}
}

func TestARootIsTheSameDisk(t *testing.T) {
	d, dir := newDisk(t)
	root, err := d.OpenRoot(dir)
	must(t, err)
	defer root.Close()
	must(t, root.MkdirAll("a/b", 0o700), root.SyncDir("."), root.SyncDir("a"))
	must(t, written(t, root, "a/b/part", "content").Sync())
	must(t, root.Link("a/b/part", "a/b/file"), root.SyncDir("a/b"), root.Remove("a/b/part"))
	want := map[string]string{"a/b/part": "content", "a/b/file": "content"}
	if got := survivors(t, d, OnlySynced()); !maps.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if _, err := root.Lstat("../x"); err == nil {
		t.Error("a name leads out of the root")
	}
	file, err := root.OpenFile("a/b/file", os.O_RDONLY, 0)
	must(t, err)
	defer file.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(file); err != nil || b.String() != "content" {
		t.Errorf("read %q, %v", b.String(), err)
	}
}

func TestWhatIsThereBeforeCountsAsSynced(t *testing.T) {
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, "sub"), 0o700), os.WriteFile(filepath.Join(dir, "sub", "f"), []byte("old"), 0o640))
	d, err := New(dir)
	must(t, err)
	must(t, written(t, d, filepath.Join(dir, "sub", "f"), " new").Sync())
	if got := survivors(t, d, OnlySynced())["sub/f"]; got != "old new" {
		t.Errorf("left is %q", got)
	}
}
