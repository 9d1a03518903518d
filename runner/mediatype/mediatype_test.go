package mediatype

import (
	"mime"
	"strings"
	"testing"
)

func TestFilesAreKnownByTheirFirstBytes(t *testing.T) {
	for head, want := range map[string]string{
		"\x89PNG\r\n\x1a\n":                        "image/png",
		"\xff\xd8\xff\xe0\x00\x10JFIF":             "image/jpeg",
		"GIF89a\x01\x00":                           "image/gif",
		"RIFF\x10\x00\x00\x00WEBPVP8L":             "image/webp",
		"\x00\x00\x00\x20ftypavif\x00\x00\x00\x00": "image/avif",
		"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00": "video/mp4",
		"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00": "video/quicktime",
		"\x00\x00\x00\x20ftypM4A \x00\x00\x02\x00": "audio/mp4",
		"\x1aE\xdf\xa3":                            "video/webm",
		"RIFF\x10\x00\x00\x00WAVEfmt ":             "audio/wave",
		"ID3\x04\x00\x00":                          "audio/mpeg",
		"\xff\xfb\x14\xc0":                         "audio/mpeg", // layer III of MPEG-1
		"\xff\xf3\x14\xc0":                         "audio/mpeg", // and of MPEG-2
		"\xff\xf1\x50\x80":                         "audio/aac",
		"fLaC\x00\x00\x00\x22":                     "audio/flac",
		"OggS\x00\x02\x00\x00":                     "audio/ogg",
		"OggS\x00\x02\x00\x00\x80theora":           "video/ogg",
		"\xff\xfe<\x00":                            "text/plain", // UTF-16
		"<html>":                                   "text/html",
		"\x00\x01\x02":                             "application/octet-stream",
	} {
		if got := Sniff([]byte(head)); got != want {
			t.Errorf("%q is %s, want %s", head, got, want)
		}
	}
}

func FuzzSniff(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x20ftyp"))
	f.Add([]byte{0xFF})
	f.Fuzz(func(t *testing.T, head []byte) {
		got := Sniff(head)
		if parsed, params, err := mime.ParseMediaType(got); err != nil || parsed != got || len(params) > 0 || strings.Count(got, "/") != 1 {
			t.Errorf("%q is %q, %v", head, got, err)
		}
	})
}
