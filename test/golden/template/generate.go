// Runs every case of cases.txt through Go's own text/template and writes cases.json, which the unit tests compare with.
//
//	go run generate.go < cases.txt > cases.json
//
// The functions that docker adds are written from their documentation. Go 1.19 is enough: what later versions changed
// (range over an integer, {{else with}}) is marked there with "go1.24" and tested elsewhere.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/template"
)

// What the cases of one group run on.
type group struct {
	Data  json.RawMessage
	Image bool // decoded into the type image, not into whatever JSON has
}

type result struct {
	Template string  `json:"template"`
	Output   *string `json:"output,omitempty"`
	Error    string  `json:"error,omitempty"`
}

// What docker inspect decodes an image into, as far as the cases need it.
type health struct {
	Test    []string
	Retries int64
}

type config struct {
	User         string
	Env          []string
	Entrypoint   []string
	ExposedPorts map[string]struct{}
	Volumes      map[string]struct{}
	Labels       map[string]string
	Tty          bool
	StopTimeout  int64
	Healthcheck  *health
}

type image struct {
	ID     string `json:"Id"`
	Size   int64
	Tags   []string
	Config config
}

// The types that a template can tell apart, chosen as nacre chooses them for JSON without a shape.
func typed(value any) any {
	switch v := value.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		if u, err := strconv.ParseUint(v.String(), 10, 64); err == nil {
			return u
		}
		f, _ := v.Float64()
		return f
	case []any:
		texts := []string{}
		for i, item := range v {
			if s, ok := item.(string); ok {
				texts = append(texts, s)
			}
			v[i] = typed(item)
		}
		if len(texts) == len(v) {
			return texts
		}
	case map[string]any:
		texts := map[string]string{}
		empty := map[string]struct{}{}
		for key, item := range v {
			if s, ok := item.(string); ok {
				texts[key] = s
			}
			if m, ok := item.(map[string]any); ok && len(m) == 0 {
				empty[key] = struct{}{}
			}
			v[key] = typed(item)
		}
		if len(v) > 0 && len(texts) == len(v) {
			return texts
		}
		if len(v) > 0 && len(empty) == len(v) {
			return empty
		}
	}
	return value
}

var dockerFunctions = template.FuncMap{
	"json": func(v any) string {
		var buffer bytes.Buffer
		encoder := json.NewEncoder(&buffer)
		encoder.SetEscapeHTML(false)
		encoder.Encode(v)
		return strings.TrimSpace(buffer.String())
	},
	"split": strings.Split,
	"join":  strings.Join,
	"title": strings.Title,
	"lower": strings.ToLower,
	"upper": strings.ToUpper,
	"pad": func(s string, before, after int) string {
		if s == "" {
			return s
		}
		return strings.Repeat(" ", before) + s + strings.Repeat(" ", after)
	},
	"truncate": func(s string, length int) string {
		if len(s) < length {
			return s
		}
		return s[:length]
	},
}

func (g group) decode() any {
	if g.Image {
		var i image
		if err := json.Unmarshal(g.Data, &i); err != nil {
			panic(err)
		}
		return i
	}
	var data any
	decoder := json.NewDecoder(bytes.NewReader(g.Data))
	decoder.UseNumber()
	if err := decoder.Decode(&data); err != nil {
		panic(fmt.Sprintf("%s: %v", g.Data, err))
	}
	return typed(data)
}

func run(text string, data any) result {
	c := result{Template: text}
	parsed, err := template.New("").Funcs(dockerFunctions).Parse(text)
	var out bytes.Buffer
	if err == nil {
		err = parsed.Execute(&out, data)
	}
	if err != nil {
		c.Error = err.Error()
	} else {
		output := out.String()
		c.Output = &output
	}
	return c
}

func line(value any) string {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return strings.TrimSpace(buffer.String())
}

// cases.txt: a line "data JSON" or "image JSON" sets the data for the templates that follow, one a line, each after a
// "> ", with \n for a newline inside where the line starts with "n> ". Other lines are comments.
func main() {
	current, decoded := group{}, any(nil)
	groups, separator := 0, ""
	start := func(data string, isImage bool) {
		current = group{json.RawMessage(data), isImage}
		decoded = current.decode()
		if groups > 0 {
			fmt.Println("\n]},")
		}
		groups++
		separator = ""
		fmt.Printf("{\"image\": %t, \"data\": %s, \"cases\": [", isImage, data)
	}
	fmt.Println("[")
	scanner := bufio.NewScanner(os.Stdin)
	for scanner.Scan() {
		input := scanner.Text()
		switch {
		case strings.HasPrefix(input, "data "):
			start(input[5:], false)
		case strings.HasPrefix(input, "image "):
			start(input[6:], true)
		case strings.HasPrefix(input, "> "), strings.HasPrefix(input, "n> "):
			text := input[strings.Index(input, " ")+1:]
			if input[0] == 'n' {
				text = strings.ReplaceAll(text, `\n`, "\n")
			}
			fmt.Printf("%s\n%s", separator, line(run(text, decoded)))
			separator = ","
		}
	}
	fmt.Println("\n]}\n]")
}
