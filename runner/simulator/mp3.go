package simulator

// The frames of an MP3 are those of MPEG-1, layer III, mono, with 32 kbit/s of 48000
// samples a second: 96 bytes for 24 ms, in two granules. The names are those of
// ISO 11172-3.
const (
	mp3Header   = 0xFFFB14C0
	mp3Frame    = 96                // bytes
	mp3PerNote  = 21                // frames, about half a second
	mp3LineStep = 48000.0 / 2 / 576 // hertz from one line of the spectrum to the next
	mp3Gain     = 200               // how loud a line is
)

// encodeMP3 plays notes of equal length, each as the one line of the spectrum that is
// next to it.
func encodeMP3(notes [4]float64) []byte {
	var file []byte
	for _, hertz := range notes {
		for n := range mp3PerNote {
			// A sine wave that goes on has each sign in two granules running.
			file = append(file, mp3Sine(uint(hertz/mp3LineStep), uint(n&1))...)
		}
	}
	return file
}

// mp3Sine is a frame with a single line, whose two values are both 1 or both -1.
func mp3Sine(line, sign uint) []byte {
	var w bits
	w.u(32, mp3Header)
	w.u(9+5+4, 0) // main_data_begin, private_bits, scfsi
	length := line/4*4 + 4 + 1
	for range 2 {
		w.u(12, length) // part2_3_length
		w.u(9, 0)       // big_values
		w.u(8, mp3Gain) // global_gain
		w.u(4+1+15, 0)  // scalefac_compress, window_switching_flag, table_select
		w.u(4+3+1+1, 0) // region counts, preflag, scalefac_scale
		w.u(1, 1)       // count1table_select: four values are four bits, inverted
	}
	for range 2 {
		for range line / 4 {
			w.u(4, 0b1111)
		}
		w.u(4, 0b1111&^(0b1000>>(line%4)))
		w.u(1, sign)
	}
	return append(w.b, make([]byte, mp3Frame-len(w.b))...)
}
