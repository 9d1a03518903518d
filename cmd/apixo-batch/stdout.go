package main

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
)

// output is standard output. It keeps the first error of a write and drops what
// comes after it, so that nothing that is said changes what is done: a run that
// pays goes on to its end, and nobody but the end of the process asks for it.
type output struct {
	to       io.Writer
	terminal bool

	writing sync.Mutex // held while a write waits for the reader
	mu      sync.Mutex
	err     error
}

// Write never fails.
func (o *output) Write(text []byte) (int, error) {
	o.writing.Lock()
	defer o.writing.Unlock()
	if o.first() == nil {
		_, err := o.to.Write(text)
		o.mu.Lock()
		o.err = err
		o.mu.Unlock()
	}
	return len(text), nil
}

// lost is the error of the first write that failed, nil if none did. A reader that
// went away, as head does, has what it wants: that is none, and neither is a
// terminal that was closed, of which a write fails with EIO.
func (o *output) lost() error {
	err := o.first()
	if errors.Is(err, syscall.EPIPE) || o.terminal && errors.Is(err, syscall.EIO) {
		return nil
	}
	return err
}

// first is the error of the first write that failed. It waits for no write.
func (o *output) first() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// answered makes an error of a command that has done all and could not say so.
// Where a code tells of more than that, it stays.
func (p *program) answered(code int) int {
	err := p.stdout.lost()
	if err == nil {
		return code
	}
	p.human(false, false).Error(message(fmt.Errorf("the answer could not be written whole: %w", err)))
	if code == exitDone || code == exitChanges {
		return exitError
	}
	return code
}
