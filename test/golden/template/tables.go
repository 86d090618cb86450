// Runs texts through Go's own text/tabwriter, set up as docker's tables are, and numbers through the format of docker's
// sizes; writes tables.json, which the unit tests compare with.
//
//	go run tables.go > tables.json
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"
)

type table struct {
	Input  string `json:"input"`
	Output string `json:"output"`
}

type size struct {
	Bytes  float64 `json:"bytes"`
	Three  string  `json:"three"`
	Four   string  `json:"four"`
	Binary string  `json:"binary"`
}

var inputs = []string{
	"",
	"\n",
	"\n\n",
	"a",
	"a\n",
	"a\tb",
	"a\tb\n",
	"a\tb\t\n",
	"\ta\n",
	"\t\t\t\n",
	"a\tb\tc\nlonger than ten\tx\ty\n",
	"REPOSITORY\tTAG\tIMAGE ID\tCREATED\tSIZE\nalpine\t3.20\t1d34ffeaf190\t2 weeks ago\t7.79MB\n",
	"a\tb\tc\nplain line\nd\teeeeeeeeeeeeeeeeee\tf\n",
	"a\tb\tc\n\nd\teeeeeeeeeeeeeeeeee\tf\n",
	"a\tb\nlonger than ten\tb\tc\nx\ty\tz\nq\tw\n",
	"aaaa\tbbb\td\naa\tb\tdd\na\t\naa\tcccc\teee\n",
	"a\t\tc\n\tb\tc\n",
	"a\tb\fcccccccccccccccc\td\n",
	"a\vb\tc\nlooooooooooooooong\vb\tc\n",
	"1234567\t12345678\n",
	"é\tü\nlänger als zehn\tx\n",
	"trailing   \tspaces  \n",
	"no end\tof line\nhere\tit is",
	"x\ty\tz\nx\ty\nx\nx\ty\nx\ty\tzzzzzzzzzzzzzzzzzzzz\tw\n",
}

var sizes = []float64{0, 1, 9, 10, 99, 999, 1000, 1001, 1023, 1024, 1025, 9999, 10000, 99999, 100000, 999499, 999500,
	999999, 1000000, 1048575, 1048576, 5575000, 5580000, 7790000, 123456789, 999999999, 1e9, 1073741824, 1.5e9,
	1099511627776, 1e12, 9.99e14, 1e15, 1e18, 18446744073709551615}

func scaled(value, base float64, units []string) (float64, string) {
	i := 0
	for value >= base && i < len(units)-1 {
		value /= base
		i++
	}
	return value, units[i]
}

func main() {
	var out struct {
		Tables []table `json:"tables"`
		Sizes  []size  `json:"sizes"`
	}
	for _, input := range inputs {
		var buffer bytes.Buffer
		writer := tabwriter.NewWriter(&buffer, 10, 1, 3, ' ', 0)
		writer.Write([]byte(input))
		writer.Flush()
		out.Tables = append(out.Tables, table{input, buffer.String()})
	}
	decimal := []string{"B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"}
	binary := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"}
	for _, bytes := range sizes {
		d, unit := scaled(bytes, 1000, decimal)
		b, binaryUnit := scaled(bytes, 1024, binary)
		out.Sizes = append(out.Sizes, size{bytes, fmt.Sprintf("%.3g%s", d, unit), fmt.Sprintf("%.4g%s", d, unit),
			fmt.Sprintf("%.4g%s", b, binaryUnit)})
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(out); err != nil {
		panic(err)
	}
}
