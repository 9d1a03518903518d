package spec

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// maxDigits is the most significant digits of a number (as in IEEE 754's
// decimal128); digits beyond are a calculation's rounding, not an intent.
const maxDigits = 34

// agreement is how close a number has to be to a decimal to be meant as it, in
// bits: values are computed with 512, so that 0.1 + 0.2 is 0.3 to many more
// digits than are sent, and 1/3 is no decimal at all.
const agreement = 480

// decimal writes a number as the decimal that it stands for, without an
// exponent and exactly. More than 34 digits is an error.
func decimal(f *big.Float) (string, error) {
	switch {
	case f.IsInf():
		return "", errors.New("is infinite, which is no number in JSON; something is divided by zero")
	case f.Sign() == 0:
		return "0", nil
	case isFar(f):
		return "", fmt.Errorf("is out of range (some 2 to the power of %d)", f.MantExp(nil))
	}
	if f.IsInt() {
		if n, accuracy := f.Int64(); accuracy == big.Exact {
			return strconv.FormatInt(n, 10), nil
		}
	}
	scientific := f.Text('e', -1) // the shortest that is this number alone
	if countDigits(scientific) > maxDigits {
		scientific = f.Text('e', maxDigits-1)
		rounded, _, err := big.ParseFloat(scientific, 10, 512, big.ToNearestEven)
		if err != nil || !agree(f, rounded) {
			return "", fmt.Errorf("has more than %d significant digits (it begins with %s). Round it, for instance with tonumber(format(\"%%.3f\", x))", maxDigits, f.Text('g', 10))
		}
	}
	text := plainDecimal(scientific)
	if len(text) > 2*maxDigits {
		return "", fmt.Errorf("is out of range (%s)", f.Text('g', 10))
	}
	return text, nil
}

// maxExponent is the power of two up to which a number is written in digits: the
// time that takes grows with the square of the exponent, to minutes for
// 1e9999999.
const maxExponent = 1 << 16

func isFar(f *big.Float) bool { return abs(f.MantExp(nil)) > maxExponent }

// countDigits counts those of the mantissa of "d.ddde±x".
func countDigits(scientific string) int {
	mantissa, _, _ := strings.Cut(scientific, "e")
	return len(strings.TrimLeft(strings.ReplaceAll(mantissa, ".", ""), "-"))
}

func agree(f, decimal *big.Float) bool {
	difference := new(big.Float).Sub(f, decimal)
	if difference.Sign() == 0 {
		return true
	}
	return difference.MantExp(nil) <= f.MantExp(nil)-agreement
}

// plainDecimal rewrites "d.ddde±x" without an exponent and without zeros that
// say nothing.
func plainDecimal(scientific string) string {
	mantissa, exponentText, _ := strings.Cut(scientific, "e")
	sign := ""
	if strings.HasPrefix(mantissa, "-") {
		sign, mantissa = "-", mantissa[1:]
	}
	exponent, err := strconv.Atoi(exponentText)
	if err != nil || exponent > 3*maxDigits || exponent < -3*maxDigits {
		return strings.Repeat("0", 3*maxDigits) // too long for decimal's callers
	}
	digits := strings.TrimRight(strings.Replace(mantissa, ".", "", 1), "0")
	point := exponent + 1
	switch {
	case point <= 0:
		return sign + "0." + strings.Repeat("0", -point) + digits
	case point >= len(digits):
		return sign + digits + strings.Repeat("0", point-len(digits))
	default:
		return sign + digits[:point] + "." + digits[point:]
	}
}
