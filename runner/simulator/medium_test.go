package simulator

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/gif"
	"math"
	"strings"
	"testing"

	"golang.org/x/image/webp"
)

// Every type is what it says in the URL, in the Content-Type and in its bytes, whatever
// model makes it.
func TestAMarkerSaysTheTypeOfTheFiles(t *testing.T) {
	c := newClient(t, instantly())
	for name, want := range map[string]struct{ suffix, contentType, head string }{
		"png":  {"/1.png", "image/png", "\x89PNG"},
		"jpeg": {"/1.jpg", "image/jpeg", "\xFF\xD8\xFF"},
		"jpg":  {"/1.jpg", "image/jpeg", "\xFF\xD8\xFF"},
		"webp": {"/1.webp", "image/webp", "RIFF"},
		"gif":  {"/1.gif", "image/gif", "GIF89a"},
		"mp4":  {"/1.mp4", "video/mp4", "\x00\x00\x00\x20ftyp"},
		"wav":  {"/1.wav", "audio/wav", "RIFF"},
		"mp3":  {"/1.mp3", "audio/mpeg", "\xFF\xFB"},
	} {
		url := c.status(c.accepted("x [sim:results=2][sim:type=" + name + "]")).urls(t)[1]
		r, err := c.fetch(url)
		if err != nil || !strings.HasSuffix(url, want.suffix) || r.header.Get("Content-Type") != want.contentType || !strings.HasPrefix(r.body, want.head) {
			t.Errorf("%s: %v, %s, %v, %.10q", name, err, url, r.header, r.body)
		}
	}
}

func TestPicturesOfAllTypesAreTheSame(t *testing.T) {
	for m, decode := range map[medium]func(b []byte) (image.Image, error){
		mediumPNG:  decodeAny,
		mediumJPEG: decodeAny,
		mediumGIF:  decodeAny,
		mediumWebP: func(b []byte) (image.Image, error) { return webp.Decode(bytes.NewReader(b)) },
	} {
		j := exampleJob()
		j.medium, j.inputHash = m, j.inputHash[:jobHashBytes]
		_, body, err := ResultFile(j.taskID(1), 2)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode(body)
		if err != nil {
			t.Errorf("%s: %v", m.extension(), err)
			continue
		}
		want, tolerance := j.picture(2), 0.0
		if m == mediumJPEG {
			tolerance = 2 // more at the edges of letters
		}
		if off := meanOff(want, got); off > tolerance || got.Bounds() != want.Rect {
			t.Errorf("%s: %v, colours are off by %.2f of 255 on average; want %v", m.extension(), got.Bounds(), off, want.Rect)
		}
	}
}

func decodeAny(b []byte) (image.Image, error) {
	img, _, err := image.Decode(bytes.NewReader(b))
	return img, err
}

// meanOff is by how much the colours of two pictures differ on average, of 255.
func meanOff(a, b image.Image) float64 {
	sum, size := 0.0, a.Bounds().Size()
	for y := range size.Y {
		for x := range size.X {
			want, got := rgba(a, x, y), rgba(b, x, y)
			for i := range want {
				sum += math.Abs(float64(want[i])-float64(got[i])) / 257
			}
		}
	}
	return sum / float64(4*size.X*size.Y)
}

func TestGIFMovesForEver(t *testing.T) {
	j := exampleJob()
	j.medium = mediumGIF
	_, body, err := ResultFile(j.taskID(1), 0)
	if err != nil {
		t.Fatal(err)
	}
	g, err := gif.DecodeAll(bytes.NewReader(body))
	if err != nil || len(g.Image) != 2 || g.LoopCount != 0 || g.Delay[0] == 0 || g.Delay[1] == 0 {
		t.Fatalf("%v, %+v", err, g)
	}
	corner := g.Image[0].Rect.Max.Sub(image.Pt(1, 1))
	if g.Image[0].At(corner.X, corner.Y) == g.Image[1].At(corner.X, corner.Y) {
		t.Errorf("both pictures have one colour at %v", corner)
	}
}

// TestMP3IsMadeOfWholeFrames walks the file as a player does, from header to header;
// a frame that takes more bits than it has would be heard as noise.
func TestMP3IsMadeOfWholeFrames(t *testing.T) {
	j := exampleJob()
	j.medium = mediumMP3
	_, body, err := ResultFile(j.taskID(1), 0)
	if err != nil || len(body) != 4*mp3PerNote*mp3Frame {
		t.Fatal(err, len(body))
	}
	for at := 0; at < len(body); at += mp3Frame {
		header := binary.BigEndian.Uint32(body[at:])
		bitrate, rate := header>>12&0xF, header>>10&3
		if header>>17 != 0xFFFB>>1 || bitrate != 1 || rate != 1 { // layer III, 32 kbit/s, 48 kHz
			t.Fatalf("header %#x at %d", header, at)
		}
		// After main_data_begin, private_bits and scfsi: part2_3_length, of 12 bits.
		length := binary.BigEndian.Uint32(body[at+6:]) >> (32 - 2 - 12) & 0xFFF
		if most := uint32(mp3Frame-4-17) * 8 / 2; length == 0 || length > most {
			t.Fatalf("granule of %d bits at %d, of %d", length, at, most)
		}
	}
	if highest := encodeMP3([4]float64{880, 880, 880, 880}); len(highest) != len(body) {
		t.Errorf("the highest notes take %d bytes", len(highest))
	}
}

func TestHostMistakesTheTypeOnDemand(t *testing.T) {
	c := newClient(t, instantly())
	for marker, want := range map[string]struct{ suffix, contentType, head string }{
		"[sim:type=jpg][sim:file=wrong-type]":                {"/0.jpg", "image/png", "\xFF\xD8\xFF"},
		"[sim:type=png][sim:file=wrong-type]":                {"/0.png", "image/jpeg", "\x89PNG"},
		"[sim:type=webp][sim:file=octet-stream]":             {"/0.webp", "application/octet-stream", "RIFF"},
		"[sim:type=jpg][sim:wrong-suffix]":                   {"/0.png", "image/jpeg", "\xFF\xD8\xFF"},
		"[sim:type=gif][sim:no-suffix][sim:file=no-type]":    {"/0", "", "GIF89a"},
		"[sim:type=mp3][sim:no-suffix][sim:wrong-suffix]":    {"/0", "audio/mpeg", "\xFF\xFB"},
		"[sim:type=wav][sim:wrong-suffix][sim:file=no-type]": {"/0.mp3", "", "RIFF"},
	} {
		url := c.status(c.accepted("x " + marker)).urls(t)[0]
		r, err := c.fetch(url)
		if err != nil || r.status != 200 || !strings.HasSuffix(url, want.suffix) || r.header.Get("Content-Type") != want.contentType || !strings.HasPrefix(r.body, want.head) {
			t.Errorf("%s: %v, %d, %s, %v, %.10q", marker, err, r.status, url, r.header, r.body)
		}
		if types := r.header.Values("Content-Type"); want.contentType == "" && len(types) > 0 {
			t.Errorf("%s: Content-Type %q is sent", marker, types)
		}
	}
	url := c.status(c.accepted("x [sim:file=wrong-type,times=1]")).urls(t)[0]
	first, _ := c.fetch(url)
	second, _ := c.fetch(url)
	if first.header.Get("Content-Type") == second.header.Get("Content-Type") || first.body != second.body {
		t.Errorf("first %v, then %v", first.header, second.header)
	}
}

// Every shape of a thumbnail is a whole file of its type.
func TestThumbnails(t *testing.T) {
	config := instantly()
	config.Thumbnails = true
	c := newClient(t, config)
	for ratio, want := range map[string]image.Point{"1:1": {128, 128}, "9:16": {64, 128}, "100:1": {128, 32}} {
		for _, name := range []string{"png", "jpg", "webp", "gif"} {
			call := strings.Replace(body("x [sim:type="+name+"]"), "16:9", ratio, 1)
			submitted := c.must("POST", "/api/v1/generateTask/"+testModel, call)
			var data struct{ TaskID string }
			if err := json.Unmarshal(submitted.data, &data); err != nil {
				t.Fatal(err)
			}
			r, err := c.fetch(c.status(data.TaskID).urls(t)[0])
			if err != nil {
				t.Fatal(err)
			}
			img, err := decodeAny([]byte(r.body))
			if err != nil {
				t.Errorf("%s of %s: %v", name, ratio, err)
			} else if size := img.Bounds().Size(); size != want {
				t.Errorf("%s of %s: size %v, want %v", name, ratio, size, want)
			}
		}
	}
}
