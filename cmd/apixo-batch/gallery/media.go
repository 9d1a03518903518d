package gallery

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"apixo-batch/runner/mediatype"
	"apixo-batch/state"
)

// File is a file of a result, as it is found on disk.
type File struct {
	Path  string `json:"path"`           // as recorded, for people
	URL   string `json:"url,omitempty"`  // from the page to the file; "" if it cannot be shown
	Kind  string `json:"kind,omitempty"` // "image", "video" or "audio"; "" if it is none
	Type  string `json:"type,omitempty"` // its media type, by its first bytes
	Bytes int64  `json:"bytes"`
	// Problem is why it is not shown, "" if it is.
	Problem string `json:"problem,omitempty"`
}

// shelf is the configuration's directory, which recorded paths count from.
type shelf struct {
	root *os.Root // nil if the directory cannot be opened
	// toPage leads from the page's directory to this one, with slashes; "" if there
	// is no page.
	toPage string
}

func openShelf(dir, page string) (*shelf, error) {
	s := &shelf{}
	if page != "" {
		from, errFrom := filepath.Abs(page)
		to, errTo := filepath.Abs(dir)
		if err := errors.Join(errFrom, errTo); err != nil {
			return nil, err
		}
		rel, err := filepath.Rel(from, to)
		if err != nil {
			return nil, fmt.Errorf("no relative path leads from %s to %s: choose a directory on the same volume", from, to)
		}
		s.toPage = filepath.ToSlash(rel)
	}
	root, err := os.OpenRoot(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	s.root = root
	return s, nil
}

func (s *shelf) close() error {
	if s.root == nil {
		return nil
	}
	return s.root.Close()
}

// look finds out what is to be shown of a recorded file.
func (s *shelf) look(a state.Artifact) File {
	f := File{Path: line(a.Path), Bytes: a.Bytes}
	if f.Problem = s.examine(a, &f); f.Problem == "" && s.toPage != "" {
		f.URL = relativeURL(s.toPage + "/" + a.Path)
	}
	return f
}

// examine sets type and kind of a file, and says what is wrong with it.
func (s *shelf) examine(a state.Artifact, f *File) (problem string) {
	name := filepath.FromSlash(a.Path)
	if !filepath.IsLocal(name) {
		return "recorded outside of the configuration's directory, so it is not shown"
	}
	if s.root == nil {
		return "not on disk"
	}
	info, err := s.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "not on disk"
	case err != nil:
		return "cannot be read: " + line(plainCause(err))
	case !info.Mode().IsRegular():
		return "not a regular file, so it is not shown"
	case info.Size() != a.Bytes:
		return fmt.Sprintf("not as it was saved: it has %s, and had %s", count(int(info.Size()), "byte"), count(int(a.Bytes), "byte"))
	}
	head, err := s.head(name)
	if err != nil {
		return "cannot be read: " + line(plainCause(err))
	}
	f.Type = mediatype.Sniff(head)
	if f.Type == "video/mp4" && strings.HasSuffix(name, ".m4a") { // saved as what its host called it
		f.Type = "audio/mp4"
	}
	kind, _, _ := strings.Cut(f.Type, "/")
	if kind != "image" && kind != "video" && kind != "audio" {
		return "neither image, video nor sound by its first bytes (" + f.Type + "), so it is not shown"
	}
	f.Kind = kind
	return ""
}

// plainCause is an error without the path that it is about, which stands beside it.
func plainCause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

func (s *shelf) head(name string) ([]byte, error) {
	file, err := s.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	head := make([]byte, 512)
	n, err := io.ReadFull(file, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return head[:n], err
}

// relativeURL writes a path with slashes as a URL that can be taken for nothing but
// a path, whatever bytes the names in it have.
func relativeURL(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return "./" + strings.Join(parts, "/")
}
