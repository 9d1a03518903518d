package simulator

import (
	"encoding/binary"
	"image"
)

const (
	videoFrames = 10
	videoRate   = 5 // frames per second
)

// encodeVideo makes an MP4 file that shows the picture for two seconds. Its
// sides have to be multiples of 16. Box names are those of ISO 14496-12 and -15.
func encodeVideo(img *image.Paletted) []byte {
	size := img.Bounds().Size()
	samples := [][]byte{withLength(keyFrame(img))}
	for n := 1; n < videoFrames; n++ {
		samples = append(samples, withLength(repeatFrame(n, size.X, size.Y)))
	}
	fileType := box("ftyp", []byte("isom"), u32(512), []byte("isomiso2avc1mp41"))
	header := movie(size, samples, 0)
	offset := len(fileType) + len(header) + 8
	return join(fileType, movie(size, samples, offset), box("mdat", samples...))
}

// withLength puts the four bytes of length before a NAL unit.
func withLength(unit []byte) []byte { return join(u32(len(unit)), unit) }

// movie is the description of the file; the samples lie at offset in it.
func movie(size image.Point, samples [][]byte, offset int) []byte {
	zeros := func(n int) []byte { return make([]byte, n) }
	header := box("mvhd", u32(0, 0, 0, videoRate, videoFrames, 1<<16), u16(1<<8), zeros(10), unityMatrix(), zeros(24), u32(2))
	track := box("tkhd", u32(3, 0, 0, 1, 0, videoFrames), zeros(16), unityMatrix(), u32(size.X<<16, size.Y<<16))
	media := box("mdia",
		box("mdhd", u32(0, 0, 0, videoRate, videoFrames), u16(0x55C4, 0)), // language undetermined
		box("hdlr", u32(0, 0), []byte("vide"), zeros(12), []byte("SIMULATED\x00")),
		box("minf",
			box("vmhd", u32(1), zeros(8)),
			box("dinf", box("dref", u32(0, 1), box("url ", u32(1)))),
			sampleTable(size, samples, offset)))
	return box("moov", header, box("trak", track, media))
}

func sampleTable(size image.Point, samples [][]byte, offset int) []byte {
	sizes := u32(0, 0, len(samples))
	for _, s := range samples {
		sizes = join(sizes, u32(len(s)))
	}
	return box("stbl",
		box("stsd", u32(0, 1), sampleEntry(size)),
		box("stts", u32(0, 1, len(samples), 1)),
		box("stss", u32(0, 1, 1)),
		box("stsc", u32(0, 1, 1, len(samples), 1)),
		box("stsz", sizes),
		box("stco", u32(0, 1, offset)))
}

func sampleEntry(size image.Point) []byte {
	sps, pps := sequenceParameters(size.X, size.Y), pictureParameters()
	config := box("avcC",
		[]byte{1, sps[1], sps[2], sps[3], 0xFF, 0xE1}, u16(len(sps)), sps, []byte{1}, u16(len(pps)), pps)
	return box("avc1",
		make([]byte, 6), u16(1), make([]byte, 16), u16(size.X, size.Y),
		u32(72<<16, 72<<16, 0), u16(1), make([]byte, 32), u16(24, 0xFFFF), config)
}

func unityMatrix() []byte { return u32(1<<16, 0, 0, 0, 1<<16, 0, 0, 0, 1<<30) }

func box(name string, parts ...[]byte) []byte {
	content := join(parts...)
	return join(u32(len(content)+8), []byte(name), content)
}

func join(parts ...[]byte) []byte {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func u32(values ...int) (b []byte) {
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, uint32(v))
	}
	return b
}

func u16(values ...int) (b []byte) {
	for _, v := range values {
		b = binary.BigEndian.AppendUint16(b, uint16(v))
	}
	return b
}
