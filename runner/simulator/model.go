package simulator

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"apixo-batch/spec/catalog"
)

// model is what the simulator has to know of a model. This file and those of the
// parameters are all that touches the catalog.
type model struct {
	id       string
	kind     catalog.Kind
	latency  Latency
	limits   Limits // documented ones
	params   []catalog.Param
	provider string         // the only one that works, empty if any does
	known    *catalog.Model // nil if the catalog does not have it
}

// usualLatency is for models whose times nobody states (API document, section
// 8, from the poll tips and the waits that were seen).
var usualLatency = map[catalog.Kind]Latency{
	catalog.Image: {10 * time.Second, 15 * time.Second},
	catalog.Video: {2 * time.Minute, 5 * time.Minute},
	catalog.Audio: {time.Minute, 3 * time.Minute},
}

// findModel knows the IDs of the catalog exactly, case and all. An alias is
// another spelling, which the API does not promise to know.
func findModel(known *catalog.Catalog, id string, orUnknown bool) (model, bool) {
	m, ok := known.Lookup(id)
	switch {
	case ok && m.ID == id:
		return knownModel(m), true
	case orUnknown && id != "" && len(id) <= maxJobModel:
		return model{id: id, kind: catalog.Image, latency: usualLatency[catalog.Image]}, true
	}
	return model{}, false
}

func knownModel(m *catalog.Model) model {
	found := model{
		id: m.ID, kind: m.Kind,
		latency:  Latency{m.TypicalMin, m.TypicalMax},
		limits:   Limits{RequestsPerMinute: m.Limits.RequestsPerMinute, ConcurrentTasks: m.Limits.ConcurrentTasks},
		params:   m.Params,
		provider: m.Provider,
		known:    m,
	}
	if m.TypicalMin <= 0 || m.TypicalMax < m.TypicalMin {
		found.latency = usualLatency[m.Kind]
	}
	return found
}

// needsPrompt reports whether a prompt is required in the input's mode.
func (m model) needsPrompt(input map[string]json.RawMessage) bool {
	rows := m.rowsOf("prompt", m.mode(input), input)
	return len(rows) > 0 && !slices.ContainsFunc(rows, func(p catalog.Param) bool { return !p.Required })
}

// countResults is how many files the input asks for, else as many as the model
// makes unasked.
func (m model) countResults(input map[string]json.RawMessage) int {
	_, files := catalog.Asked(input)
	if files == 0 {
		_, files = m.known.Unasked(input)
	}
	return min(files, maxResults)
}

// media are the types of a kind's results; the first is that of models of
// which nothing is known.
var media = map[catalog.Kind][]medium{
	catalog.Image: {mediumPNG, mediumJPEG, mediumWebP, mediumGIF},
	catalog.Video: {mediumVideo},
	catalog.Audio: {mediumWAV, mediumMP3},
}

// medium is the file type of the results: what the input says, or else the default
// that the model documents.
func (m model) medium(input map[string]json.RawMessage) medium {
	usual := media[m.kind]
	for _, name := range []string{"output_format", "format"} {
		if asked, ok := findMedium(m.word(name, input)); ok && slices.Contains(usual, asked) {
			return asked
		}
	}
	return usual[0]
}

// word is an input value in lower case, or the default of the model, or "".
func (m model) word(name string, input map[string]json.RawMessage) string {
	if word := stringOf(input, name); word != "" {
		return word
	}
	for _, p := range m.rowsOf(name, m.mode(input), input) {
		if word, ok := p.Default.(string); ok {
			return strings.ToLower(word)
		}
	}
	return ""
}

// stringOf is an input value in lower case, or "" if it is no string.
func stringOf(input map[string]json.RawMessage, name string) string {
	var s string
	if json.Unmarshal(input[name], &s) != nil {
		return ""
	}
	return strings.ToLower(s)
}

const (
	imageSide = 512
	// jpegSide makes JPEG, which takes more of the processor than PNG, a little cheaper.
	jpegSide = 448
	// videoSide is for videos, whose samples are stored as they are.
	videoSide = 320
	maxSide   = imageSide
	// thumbnailSide is the least of which a quarter holds a GIF's moving band.
	thumbnailSide = 4 * gifBand
)

// side is the longer one of a picture.
func (m medium) side() int {
	switch m {
	case mediumVideo:
		return videoSide
	case mediumJPEG:
		return jpegSide
	default:
		return imageSide
	}
}

// pictureSize is the size for an aspect_ratio like "16:9", else a square. Both
// sides are multiples of 16, which a video needs; the short one is at least a
// quarter of the long one.
func pictureSize(ratio string, side int) (width, height int) {
	w, h, _ := strings.Cut(ratio, ":")
	x, errX := strconv.Atoi(w)
	y, errY := strconv.Atoi(h)
	if errX != nil || errY != nil || x < 1 || y < 1 || x > 100 || y > 100 {
		return side, side
	}
	short := max(side*min(x, y)/max(x, y), side/4) / 16 * 16
	if x >= y {
		return side, short
	}
	return short, side
}
