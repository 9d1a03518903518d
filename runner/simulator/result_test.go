package simulator

import (
	"bytes"
	"encoding/binary"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"testing"
	"time"

	"apixo-batch/spec/catalog"
)

func exampleJob() job {
	w, h := pictureSize("16:9", imageSide)
	return job{
		model: "nano-banana", accepted: time.UnixMilli(1_790_000_000_123), pending: time.Second, duration: 12 * time.Second,
		results: 4, medium: mediumPNG, width: w, height: h, inputHash: []byte("0123456789abcdef"), number: 1,
		words: "a lighthouse at dusk, watercolour, long exposure",
	}
}

func TestPictureIsTheSameEachTimeAndDiffersByTask(t *testing.T) {
	file := func(change func(*job), index int) string {
		j := exampleJob()
		change(&j)
		_, body, err := ResultFile(j.taskID(1), index)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	same := func(*job) {}
	first := file(same, 0)
	if file(same, 0) != first {
		t.Error("the same file has other bytes the second time")
	}
	for name, other := range map[string]string{
		"another index":  file(same, 1),
		"another prompt": file(func(j *job) { j.words = "a harbour" }, 0),
		"another input":  file(func(j *job) { j.inputHash = []byte("other input") }, 0),
		"the next task":  file(func(j *job) { j.number = 2 }, 0),
	} {
		if other == first {
			t.Errorf("%s has the same bytes", name)
		}
	}
}

func TestPicturesHaveTheAspectRatioAndType(t *testing.T) {
	for ratio, want := range map[string]image.Point{
		"16:9": {512, 288}, "9:16": {288, 512}, "1:1": {512, 512}, "auto": {512, 512}, "100:1": {512, 128}, "0:1": {512, 512},
	} {
		for _, m := range []medium{mediumPNG, mediumJPEG, mediumGIF, mediumWebP} {
			j := exampleJob()
			j.medium = m
			j.width, j.height = pictureSize(ratio, imageSide)
			contentType, body, err := ResultFile(j.taskID(1), 0)
			if err != nil {
				t.Fatal(err)
			}
			config, format, err := image.DecodeConfig(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if got := (image.Point{config.Width, config.Height}); got != want {
				t.Errorf("%s: size %v, want %v", ratio, got, want)
			}
			if contentType != "image/"+format {
				t.Errorf("content type %s of a %s", contentType, format)
			}
		}
	}
}

func TestWAVHasTheLengthItsHeaderSays(t *testing.T) {
	j := exampleJob()
	j.medium = mediumWAV
	_, body, err := ResultFile(j.taskID(1), 0)
	if err != nil {
		t.Fatal(err)
	}
	riff, data := binary.LittleEndian.Uint32(body[4:]), binary.LittleEndian.Uint32(body[40:])
	if string(body[:4]) != "RIFF" || string(body[8:16]) != "WAVEfmt " || string(body[36:40]) != "data" {
		t.Errorf("header %q", body[:44])
	}
	if int(riff) != len(body)-8 || int(data) != len(body)-44 || int(data) != sampleRate*toneSeconds*2 {
		t.Errorf("sizes %d and %d of a file of %d bytes", riff, data, len(body))
	}
}

// TestVideoIsMadeOfWholeBoxes walks the file as a player does, down to the
// samples that the tables point at.
func TestVideoIsMadeOfWholeBoxes(t *testing.T) {
	j := exampleJob()
	j.medium = mediumVideo
	j.width, j.height = pictureSize("16:9", videoSide)
	contentType, body, err := ResultFile(j.taskID(1), 0)
	if err != nil || contentType != "video/mp4" {
		t.Fatal(contentType, err)
	}
	top := boxes(t, body)
	moov := boxes(t, top["moov"])
	stbl := boxes(t, boxes(t, boxes(t, boxes(t, moov["trak"])["mdia"])["minf"])["stbl"])
	offset := binary.BigEndian.Uint32(stbl["stco"][8:])
	sizes := stbl["stsz"][12:]
	if n := binary.BigEndian.Uint32(stbl["stsz"][8:]); n != videoFrames || len(sizes) != 4*videoFrames {
		t.Fatalf("%d samples", n)
	}
	for i := range videoFrames {
		size := binary.BigEndian.Uint32(sizes[4*i:])
		sample := body[offset : offset+size]
		if got := binary.BigEndian.Uint32(sample); got != size-4 {
			t.Errorf("sample %d: unit of %d bytes in %d", i, got, size)
		}
		if want := byte(nalP); i > 0 && sample[4] != want {
			t.Errorf("sample %d: NAL header %#x", i, sample[4])
		}
		if bytes.Contains(sample[4:], []byte{0, 0, 1}) || bytes.Contains(sample[4:], []byte{0, 0, 0}) {
			t.Errorf("sample %d holds a start code", i)
		}
		offset += size
	}
	if int(offset) != len(body) {
		t.Errorf("samples end at %d of %d", offset, len(body))
	}
}

func boxes(t *testing.T, b []byte) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for len(b) > 0 {
		if len(b) < 8 || int(binary.BigEndian.Uint32(b)) > len(b) || binary.BigEndian.Uint32(b) < 8 {
			t.Fatalf("a box of %d bytes is cut", len(b))
		}
		size := binary.BigEndian.Uint32(b)
		found[string(b[4:8])] = b[8:size]
		b = b[size:]
	}
	return found
}

func TestResultFileRefusesWhatIsNotThere(t *testing.T) {
	failed := exampleJob()
	failed.failure.code = "NSFW"
	for name, call := range map[string]struct {
		id    string
		index int
	}{
		"no ID":       {"task_abc123", 0},
		"past last":   {exampleJob().taskID(1), 4},
		"negative":    {exampleJob().taskID(1), -1},
		"failed task": {failed.taskID(1), 0},
	} {
		if _, _, err := ResultFile(call.id, call.index); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func BenchmarkPicture(b *testing.B) {
	for _, m := range media[catalog.Image] {
		b.Run(m.extension(), func(b *testing.B) {
			j := exampleJob()
			j.medium = m
			j.width, j.height = pictureSize("16:9", m.side())
			id := j.taskID(1)
			for b.Loop() {
				if _, _, err := ResultFile(id, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
