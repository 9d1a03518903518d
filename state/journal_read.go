package state

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
)

// maxLine bounds a journal line: a change that would be longer is refused.
const maxLine = 64 << 20

// journal is a journal being read, line by line.
type journal struct {
	path   string
	header journalHeader
	reader *bufio.Reader
	parser *parser
	file   io.Closer

	tail       // up to the last line read
	line int   // its number
	torn int64 // bytes of an unfinished line behind it, once the end is reached
}

// openJournal opens a journal and reads its first line; nil if there is none.
// A journal is put in place with its first line, so without one it is damaged.
func openJournal(path string) (*journal, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read state journal: %w", err)
	}
	j := &journal{path: path, reader: bufio.NewReaderSize(file, 1<<20), parser: newParser(), file: file}
	if err := j.readHeader(); err != nil {
		file.Close()
		return nil, err
	}
	return j, nil
}

func (j *journal) Close() error { return j.file.Close() }

func (j *journal) readHeader() error {
	line, err := j.next()
	if errors.Is(err, io.EOF) {
		return &CorruptError{Path: j.path, Line: 1, Problem: "its first line is missing or unfinished", Advice: adviceFile}
	}
	if err != nil {
		return err
	}
	if err := checkFormat(j.path, journalFormat, line); err != nil {
		return err
	}
	if err := j.verify(line); err != nil {
		return err
	}
	h := &j.header
	if err := json.Unmarshal(line, h); err != nil {
		return j.corrupt(line, err.Error())
	}
	if h.Lineage == "" || h.Serial < 0 || h.Changes < 0 || h.Serial == 0 && (h.MaskKey == "" || h.Changes != 0) {
		return j.corrupt(line, "its header is incomplete")
	}
	j.number = h.Changes
	return nil
}

// replay hands the changes to each, in order, up to the last finished line. raw
// is the JSON of a change's records if the line has fields that this release
// does not know.
func (j *journal) replay(each func(c Change, raw []json.RawMessage) error) error {
	for {
		line, err := j.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		previous := j.sum
		if err := j.verify(line); err != nil {
			return err
		}
		changes, raws, err := j.parse(line, previous)
		for i := 0; i < len(changes) && err == nil; i++ {
			err = each(changes[i], raws[i])
		}
		if err != nil {
			return j.corrupt(line, err.Error())
		}
		j.number += int64(len(changes))
		j.changes += len(changes)
	}
}

// parse reads the changes of a line. raws holds the JSON of the records of each
// if the line has fields that this release does not know.
func (j *journal) parse(line []byte, previous string) (changes []Change, raws [][]json.RawMessage, err error) {
	l, raws, err := decodeLine(j.parser, line)
	if err != nil {
		return nil, nil, err
	}
	if l.P != previous || l.N != j.number+1 {
		return nil, nil, fmt.Errorf("change %d does not follow change %d: a line was removed, added or moved", l.N, j.number)
	}
	changes = l.changes()
	for _, c := range changes {
		for _, record := range c.Put {
			if err := checkRecord(record, ""); err != nil {
				return nil, nil, err
			}
		}
	}
	return changes, raws, nil
}

// decodeLine decodes a line; see decode. raws is as parse has it.
func decodeLine(p *parser, line []byte) (l *journalLine, raws [][]json.RawMessage, err error) {
	l, raw, err := decode(p, line, (*parser).line)
	if err != nil {
		return nil, nil, err
	}
	if raw == nil {
		return l, make([][]json.RawMessage, 1+len(l.Also)), nil
	}
	type records struct {
		Put []json.RawMessage `json:"put"`
	}
	var all struct {
		records
		Also []records `json:"also"`
	}
	err = json.Unmarshal(line, &all)
	for _, r := range append([]records{all.records}, all.Also...) {
		raws = append(raws, r.Put)
	}
	return l, raws, err
}

// next returns the next finished line without its newline. At the end it sets
// torn and returns io.EOF.
//
// An unfinished line is one without a newline, or with bytes that were never
// written, which read as zeros: that is what an append leaves that a crash cut
// short. It can only be the last.
func (j *journal) next() ([]byte, error) {
	line, err := j.reader.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		line, err = j.rest(slices.Clone(line))
	}
	if errors.Is(err, io.EOF) {
		j.torn = int64(len(line))
		return nil, io.EOF
	}
	if err != nil {
		return nil, fmt.Errorf("read state journal %s: %w", j.path, err)
	}
	if bytes.IndexByte(line, 0) >= 0 && j.atEnd() {
		j.torn = int64(len(line))
		return nil, io.EOF
	}
	j.line++
	j.size += int64(len(line))
	return line[:len(line)-1], nil
}

// rest reads on with a line that is longer than the buffer.
func (j *journal) rest(line []byte) ([]byte, error) {
	for {
		more, err := j.reader.ReadSlice('\n')
		line = append(line, more...)
		if len(line) > maxLine+1 {
			return nil, j.problem("the line is longer than any this program writes")
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

func (j *journal) atEnd() bool {
	_, err := j.reader.Peek(1)
	return errors.Is(err, io.EOF)
}

// verify checks a line that next returned against its checksum.
func (j *journal) verify(line []byte) error {
	sum, ok := unseal(line)
	if !ok {
		return j.corrupt(line, "the line does not match its checksum")
	}
	j.sum = sum
	return nil
}

func (j *journal) corrupt(line []byte, problem string) error {
	return &CorruptError{
		Path: j.path, Line: j.line, Offset: j.size - int64(len(line)) - 1, Problem: problem, Advice: adviceFile,
	}
}

// problem is damage where no line can be read.
func (j *journal) problem(problem string) error {
	return &CorruptError{Path: j.path, Line: j.line + 1, Offset: j.size, Problem: problem, Advice: adviceFile}
}
