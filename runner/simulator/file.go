package simulator

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// serveFile serves a result file, to anybody who has its URL, until the URL
// expires.
func (s *Simulator) serveFile(w http.ResponseWriter, r *http.Request) {
	s.checkFileHeader(r)
	taskID, name := r.PathValue("task"), r.PathValue("name")
	j, err := jobOf(taskID, s.config.Seed)
	number, _, _ := strings.Cut(name, ".")
	index, errIndex := strconv.Atoi(number)
	now := time.Now()
	medium, named := j.mediumOf(name, index)
	if err != nil || errIndex != nil || index < 0 || index >= j.files() || !named || now.Before(j.completed()) {
		http.Error(w, "no such file", http.StatusNotFound)
		return
	}
	if now.Sub(j.completed()) >= s.config.URLLifetime {
		http.Error(w, "this URL has expired", http.StatusGone)
		return
	}
	j.medium = medium
	contentType, body, err := j.resultFile(index)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header := []string{contentType}
	switch f := s.fileFault(r.URL.Path, j); f.shape {
	case sound:
	case untyped:
		header = nil // sends none
	case octets:
		header[0] = "application/octet-stream"
	case mistyped:
		header[0] = medium.mistaken().contentType()
	default:
		f.write(w, contentType, body, s.pauses(r))
		return
	}
	w.Header()["Content-Type"] = header
	http.ServeContent(w, r, "", j.completed(), bytes.NewReader(body))
}

// checkFileHeader counts the keys that reach a host of files.
func (s *Simulator) checkFileHeader(r *http.Request) {
	if r.Header.Get("Authorization") == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.AuthorizedFileRequests++
}

// fileFault counts the fetch and says what becomes of its answer.
func (s *Simulator) fileFault(path string, j job) fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.FetchesByFile[path]++
	n := s.stats.FetchesByFile[path]
	if j.file.shape != sound && j.file.happens(n) {
		return j.file
	}
	return s.config.Faults.pick(ofFile, draw(s.config.Seed, "file", path, strconv.Itoa(n)))
}

// mediumOf is the type of the file with a name. Tracks have a cover besides.
func (j job) mediumOf(name string, index int) (medium, bool) {
	if j.flags&flagTracks != 0 && name == fmt.Sprintf("%d.%s", index, mediumPNG.extension()) {
		return mediumPNG, true
	}
	return j.medium, name == j.fileName(index, j.medium.extension())
}
