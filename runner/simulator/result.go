package simulator

import (
	"fmt"
	"slices"
)

// medium is the type of a result file. The numbers are part of task IDs.
type medium byte

const (
	mediumPNG medium = iota
	mediumJPEG
	mediumVideo
	mediumWAV
	mediumGIF
	mediumWebP
	mediumMP3
	lastMedium = mediumMP3
)

func (m medium) contentType() string {
	return [...]string{"image/png", "image/jpeg", "video/mp4", "audio/wav", "image/gif", "image/webp", "audio/mpeg"}[m]
}

func (m medium) extension() string {
	return [...]string{"png", "jpg", "mp4", "wav", "gif", "webp", "mp3"}[m]
}

// mistaken is a type for which a host takes the file.
func (m medium) mistaken() medium {
	return [...]medium{mediumJPEG, mediumPNG, mediumGIF, mediumMP3, mediumPNG, mediumPNG, mediumWAV}[m]
}

// findMedium reads one of mediumNames.
func findMedium(name string) (medium, bool) {
	if name == "jpeg" {
		return mediumJPEG, true
	}
	for m := range lastMedium + 1 {
		if m.extension() == name {
			return m, true
		}
	}
	return 0, false
}

// mediumNames are what findMedium reads.
func mediumNames() []string {
	names := []string{"jpeg"}
	for m := range lastMedium + 1 {
		names = append(names, m.extension())
	}
	slices.Sort(names)
	return names
}

// ResultFile is the index-th file (from 0) of the task, as the simulator serves
// it: the same bytes each time, in any process. It does not need the seed and
// does not check that a simulator gave the ID out.
func ResultFile(taskID string, index int) (contentType string, body []byte, err error) {
	_, payload, err := splitTaskID(taskID)
	if err != nil {
		return "", nil, err
	}
	j, err := decodeJob(payload)
	if err != nil {
		return "", nil, err
	}
	return j.resultFile(index)
}

func (j job) resultFile(index int) (contentType string, body []byte, err error) {
	if index < 0 || index >= j.files() {
		return "", nil, fmt.Errorf("result file %d of a task with %d", index, j.files())
	}
	switch j.medium {
	case mediumPNG:
		body, err = encodePNG(j.picture(index))
	case mediumJPEG:
		body, err = encodeJPEG(j.picture(index))
	case mediumVideo:
		body = encodeVideo(j.picture(index))
	case mediumWAV:
		body = encodeWAV(j.notes(index))
	case mediumGIF:
		body, err = encodeGIF(j.picture(index))
	case mediumWebP:
		body = encodeWebP(j.picture(index))
	case mediumMP3:
		body = encodeMP3(j.notes(index))
	}
	return j.medium.contentType(), body, err
}

// files is how many result files there are to fetch.
func (j job) files() int {
	if j.failed() || j.flags&flagNoResult != 0 {
		return 0
	}
	return j.results
}
