package mediatype

import (
	"bytes"
	"mime"
	"strings"
	"testing"
)

func TestFilesAreKnownByTheirFirstBytes(t *testing.T) {
	for head, want := range map[string]string{
		"\x89PNG\r\n\x1a\n":                                    "image/png",
		"\xff\xd8\xff\xe0\x00\x10JFIF":                         "image/jpeg",
		"GIF89a\x01\x00":                                       "image/gif",
		"RIFF\x10\x00\x00\x00WEBPVP8L":                         "image/webp",
		"\x00\x00\x00\x20ftypavif\x00\x00\x00\x00":             "image/avif",
		"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00":             "video/mp4",
		"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1miafavif": "image/avif",
		"\x00\x00\x00\x14ftypmif1\x00\x00\x00\x00mif1avif":     "image/heif", // the last is behind the box
		"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic":     "image/heic",
		"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic":     "image/heic",
		"\x00\x00\x00\x18ftypheix\x00\x00\x00\x00mif1heix":     "image/heic",
		"\x00\x00\x00\x14ftypmsf1\x00\x00\x00\x00msf1":         "image/heif",
		"\x00\x00\x00\x1cftypiso5\x00\x00\x02\x00iso5dashmp41": "video/mp4",
		"\x00\x00\x00\x18ftypabcd\x00\x00\x02\x00abcdmp42":     "video/mp4",
		"\x00\x00\x00\x14ftypcrx \x00\x00\x00\x01crx ":         "application/octet-stream",
		"\xff\xff\xff\xffftypmp42":                             "video/mp4",
		"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00":             "video/quicktime",
		"\x00\x00\x00\x20ftypM4A \x00\x00\x02\x00":             "audio/mp4",
		"\x1aE\xdf\xa3":                  "video/webm",
		"RIFF\x10\x00\x00\x00WAVEfmt ":   "audio/wave",
		"ID3\x04\x00\x00":                "audio/mpeg",
		"\xff\xfb\x14\xc0":               "audio/mpeg", // layer III of MPEG-1
		"\xff\xf3\x14\xc0":               "audio/mpeg", // and of MPEG-2
		"\xff\xf1\x50\x80":               "audio/aac",
		"fLaC\x00\x00\x00\x22":           "audio/flac",
		"OggS\x00\x02\x00\x00":           "audio/ogg",
		"OggS\x00\x02\x00\x00\x80theora": "video/ogg",
		"\xff\xfe<\x00":                  "text/plain", // UTF-16
		"<html>":                         "text/html",
		"\x00\x01\x02":                   "application/octet-stream",
	} {
		if got := Sniff([]byte(head)); got != want {
			t.Errorf("%q is %s, want %s", head, got, want)
		}
	}
}

func FuzzSniff(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x20ftyp"))
	f.Add([]byte{0xFF})
	f.Add([]byte("\xff\xff\xff\xffftypmif1\x00\x00\x00\x00mif1avif"))
	f.Add(append(bytes.Repeat([]byte("OggS"), 128), "theora"...))
	f.Fuzz(func(t *testing.T, head []byte) {
		got := Sniff(head)
		if parsed, params, err := mime.ParseMediaType(got); err != nil || parsed != got || len(params) > 0 || strings.Count(got, "/") != 1 {
			t.Errorf("%q is %q, %v", head, got, err)
		}
		if first := Sniff(head[:min(len(head), 512)]); first != got {
			t.Errorf("%q is %q, and by its first bytes %q", head, got, first)
		}
	})
}
