package runner

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"apixo-batch/spec/task"
	"apixo-batch/state/disk"
)

// UnrecordedTask is a task that was accepted, and paid for, while the state
// could not be written. It is one line of an errored file, from which SettleLate
// takes it back.
type UnrecordedTask struct {
	Lineage     string           `json:"lineage"` // of the state it belongs to
	State       string           `json:"state"`   // the path of that state
	Address     task.Address     `json:"address"`
	Model       string           `json:"model"`
	Nonce       string           `json:"nonce"` // names the submit in the state
	TaskID      string           `json:"task_id"`
	Fingerprint task.Fingerprint `json:"fingerprint"`
	Cost        task.Cost        `json:"cost_usd_micros"`
	Priced      bool             `json:"priced"`
	At          time.Time        `json:"at"` // the answer came
	// File is the errored file that holds it; "" if none could be written.
	File string `json:"-"`
}

// spool writes errored files: task IDs that the state could not hold, as JSON
// lines, each durable before add returns.
type spool struct {
	disk disk.FS

	mu     sync.Mutex
	places []string // paths still to try, the best first
	name   string   // of the open file
	file   disk.File
}

// add keeps t in the first place that can be written and tells which. Where a
// place fails, the lines that it holds already stay there.
func (s *spool) add(t UnrecordedTask) (file string, err error) {
	line, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	line = append(line, '\n')
	s.mu.Lock()
	defer s.mu.Unlock()
	err = errors.New("no place for it was given")
	for s.file != nil || len(s.places) > 0 {
		if s.file == nil {
			if err = s.next(); err != nil {
				continue
			}
		}
		if _, err = s.file.Write(line); err == nil {
			err = s.file.Sync()
		}
		if err == nil {
			return s.name, nil
		}
		s.file.Close()
		s.file = nil
	}
	return "", fmt.Errorf("keep task %q outside the state: %w", t.TaskID, err)
}

// next opens the next place. The file is new and nobody else's: one place is a
// directory that everybody may write to.
func (s *spool) next() error {
	s.name, s.places = s.places[0], s.places[1:]
	file, err := s.disk.OpenFile(s.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := s.disk.SyncDir(filepath.Dir(s.name)); err != nil {
		file.Close()
		return err
	}
	s.file = file
	return nil
}

func (s *spool) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != nil {
		s.file.Close() // each line was synced
		s.file = nil
	}
}

// Bounds of an errored file, far beyond what a run writes: one line for each
// submit that was open when the state broke.
const (
	maxErroredLine  = 1 << 20
	maxErroredBytes = 64 << 20
	maxErroredLines = 100_000
)

// ErroredLine is a line of an errored file: a task, or why it is none.
type ErroredLine struct {
	Number int // from 1
	Task   UnrecordedTask
	Err    error
}

// ReadErrored reads an errored file. Each line stands for itself, so one that is
// damaged, or was cut off by the end of the process, spoils no other. The error
// is that of the reader, or says that this is no errored file of ours.
func ReadErrored(from io.Reader) ([]ErroredLine, error) {
	var lines []ErroredLine
	scanner := bufio.NewScanner(from)
	scanner.Buffer(nil, maxErroredLine)
	size := 0
	for n := 1; scanner.Scan(); n++ {
		if size += len(scanner.Bytes()); n > maxErroredLines || size > maxErroredBytes {
			return nil, fmt.Errorf("it is too long for a file of unrecorded tasks (line %d, %d bytes)", n, size)
		}
		line := ErroredLine{Number: n}
		line.Task, line.Err = parseErrored(scanner.Bytes())
		lines = append(lines, line)
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("after line %d: %w", len(lines), err)
	}
	return lines, nil
}

func parseErrored(line []byte) (UnrecordedTask, error) {
	var t UnrecordedTask
	if err := json.Unmarshal(line, &t); err != nil {
		return UnrecordedTask{}, fmt.Errorf("damaged, or cut off while it was written: %w", err)
	}
	switch {
	case t.Lineage == "", t.Nonce == "", t.TaskID == "", t.Address == task.Address{}:
		return UnrecordedTask{}, errors.New("lineage, address, nonce or task_id is missing")
	case t.Cost < 0:
		return UnrecordedTask{}, fmt.Errorf("the cost %s is negative", t.Cost)
	}
	return t, nil
}
