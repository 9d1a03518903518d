package state

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"apixo-batch/spec/task"
)

// checkRecords looks whether each record is what its status says, and whether a
// task has two owners.
func (r *Report) checkRecords(v *view) {
	owners := map[string]task.Address{}
	own := func(address task.Address, taskID string) {
		if taskID == "" {
			return
		}
		if first, owned := owners[taskID]; owned {
			r.addRecord(Damaged, address, fmt.Sprintf("task %q belongs to %s as well", taskID, first), "one of the two was paid for and is not known by its own task ID: ask APIXO's support")
			return
		}
		owners[taskID] = address
	}
	for _, s := range v.sorted() {
		record := s.record
		for _, past := range record.Past {
			own(record.Address, past.TaskID)
		}
		own(record.Address, record.TaskID)
		if problem := record.inconsistency(); problem != "" {
			r.addRecord(Damaged, record.Address, problem, nextRecover)
		}
		if record.Status == Submitting && r.Holder == nil {
			r.addRecord(Odd, record.Address, "its submit was cut off before the answer was recorded", "the next apply puts it in doubt; resolve settles it")
		}
	}
}

func (r *Report) addRecord(severity Severity, address task.Address, problem, next string) {
	r.add(Finding{Severity: severity, Path: r.Path, Address: address, Problem: fmt.Sprintf("%s: %s", address, problem), Next: next})
}

// inconsistency says what a record lacks that its status promises, "" if
// nothing.
func (r *Record) inconsistency() string {
	switch {
	case r.Request.Model != "" && r.Request.Fingerprint() != r.Fingerprint && versionOf(r.Fingerprint) == versionOf(r.Request.Fingerprint()):
		return "its fingerprint is not that of its request"
	case (r.Status == Running || r.Status == Succeeded) && r.TaskID == "":
		return fmt.Sprintf("it is %s and has no task ID", r.Status)
	case r.Status == Succeeded && r.Result == nil:
		return "it is succeeded and has no result"
	case r.Status == Failed && r.Failure == nil:
		return "it is failed and does not say why"
	case r.Status == InDoubt && r.Doubt == nil:
		return "it is in doubt and does not say why"
	case r.Cost < 0:
		return fmt.Sprintf("its cost is %s", r.Cost)
	}
	if r.Result != nil {
		for _, a := range r.Artifacts {
			if a.Index < 0 || a.Index >= len(r.Result.URLs) {
				return fmt.Sprintf("file %s is number %d of a result with %d", a.Path, a.Index, len(r.Result.URLs))
			}
		}
	}
	return ""
}

// versionOf is what stands before the colon of a fingerprint.
func versionOf(f task.Fingerprint) string {
	for i := range f {
		if f[i] == ':' {
			return string(f[:i])
		}
	}
	return ""
}

// checkLedger holds records and ledger against each other.
func (r *Report) checkLedger(v *view) {
	named := map[string]bool{}
	tasks := map[string]bool{}
	for _, row := range v.order {
		tasks[row.taskID] = true
	}
	for _, s := range v.sorted() {
		record := s.record
		named[record.Nonce] = true
		for _, past := range record.Past {
			named[past.Nonce] = true
			r.checkAccepted(v, tasks, record.Address, past.TaskID, past.Nonce)
		}
		r.checkAccepted(v, tasks, record.Address, record.TaskID, record.Nonce)
		row := v.spends[record.Nonce]
		open := record.Status == Submitting || record.Status == InDoubt
		switch {
		case open && row == nil:
			r.addRecord(Damaged, record.Address, "its submit may have been paid for, and nothing is reserved for it", "count it by hand; resolve settles it")
		case row != nil && (open || record.Status == Running) && !row.spend().ReleasedAt.IsZero():
			r.addRecord(Damaged, record.Address, "its submit may have been paid for, and its reservation was released", "count it by hand")
		}
	}
	for _, row := range v.order {
		s := row.spend()
		if s.ReleasedAt.IsZero() && s.ChargedAt.IsZero() && !named[s.Nonce] {
			r.addRecord(Odd, s.Address, fmt.Sprintf("%s is reserved for a submit that no record knows (%s)", s.Cost, s.Nonce), "nothing to do if state rm removed it while it was in doubt")
		}
		for _, taskID := range v.names(s.Nonce) {
			r.addRecord(Odd, s.Address, fmt.Sprintf("a webhook named task %q for submit %s, and the API has not confirmed it yet", taskID, s.Nonce), "apply and resume ask for it")
		}
	}
}

// checkAccepted finds an accepted submit that the ledger does not know.
func (r *Report) checkAccepted(v *view, tasks map[string]bool, address task.Address, taskID, nonce string) {
	if taskID != "" && v.spends[nonce] == nil && !tasks[taskID] {
		r.addRecord(Damaged, address, fmt.Sprintf("task %q was accepted, and the ledger does not know what it cost", taskID), "count it by hand: budget and spend lack it")
	}
}

// checkArtifacts reads every file that records name.
func (r *Report) checkArtifacts(v *view, dir string) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		r.add(Finding{Severity: Damaged, Path: dir, Problem: "the directory of the results cannot be read: " + err.Error()})
		return
	}
	defer root.Close()
	for _, s := range v.sorted() {
		record := s.record
		for _, a := range record.Artifacts {
			r.Artifacts++
			if problem := compareFile(root, a); problem != "" {
				r.addArtifact(dir, record, a, problem)
			}
		}
		for _, past := range record.Past {
			for _, a := range past.Artifacts {
				r.Artifacts++
				if problem := compareFile(root, a); problem != "" {
					r.add(Finding{Severity: Odd, Path: filepath.Join(dir, filepath.FromSlash(a.Path)), Address: record.Address, Problem: fmt.Sprintf("the file of an earlier task of %s %s", record.Address, problem)})
				}
			}
		}
	}
}

func (r *Report) addArtifact(dir string, record *Record, a Artifact, problem string) {
	next := "its URLs are dead; the file cannot be fetched again"
	if record.Result != nil && time.Now().Before(record.Result.ExpiresAt()) {
		next = "move what is there away; the next apply fetches it, until " + record.Result.ExpiresAt().Local().Format(time.DateTime)
	}
	r.add(Finding{
		Severity: Damaged, Path: filepath.Join(dir, filepath.FromSlash(a.Path)), Address: record.Address,
		Problem: fmt.Sprintf("the file of %s %s", record.Address, problem), Next: next,
	})
}

// compareFile says how a file differs from what was recorded, "" if it does not.
func compareFile(root *os.Root, a Artifact) string {
	name := filepath.FromSlash(a.Path)
	info, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "is missing"
	case err != nil:
		return "cannot be looked at: " + err.Error()
	case !info.Mode().IsRegular():
		return fmt.Sprintf("is not a regular file (%s)", info.Mode().Type())
	case info.Size() != a.Bytes:
		return fmt.Sprintf("has %d bytes, not the %d that were saved", info.Size(), a.Bytes)
	}
	file, err := root.Open(name)
	if err != nil {
		return "cannot be read: " + err.Error()
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "cannot be read: " + err.Error()
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != a.SHA256 {
		return fmt.Sprintf("has another content than was saved (SHA-256 %.12s..., not %.12s...)", got, a.SHA256)
	}
	return ""
}
