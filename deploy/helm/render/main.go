// Renders a chart as `helm template` does, with the features that this chart uses: Go's text/template, sprig, and the few functions that Helm adds.
// The tests cannot install Helm, since no package registry that they can reach has it. Values are merged, but not validated against values.schema.json;
// a C# test does that.
//
//	go run . CHART [VALUES.yaml …]
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"gopkg.in/yaml.v3"
)

type values = map[string]interface{}

func main() {
	chart := os.Args[1]
	merged := read(filepath.Join(chart, "values.yaml"))
	for _, file := range os.Args[2:] {
		merge(merged, read(file))
	}

	about := read(filepath.Join(chart, "Chart.yaml"))
	root := values{
		"Values":       merged,
		"Chart":        values{"Name": about["name"], "Version": about["version"], "AppVersion": about["appVersion"]},
		"Release":      values{"Name": "try", "Namespace": "default", "Service": "Helm", "IsInstall": true},
		"Capabilities": values{},
	}

	all := template.New(chart).Option("missingkey=zero")
	all.Funcs(sprig.TxtFuncMap()).Funcs(helm(all))
	files, err := filepath.Glob(filepath.Join(chart, "templates", "*"))
	check(err)
	sort.Strings(files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		check(err)
		template.Must(all.New(filepath.Base(file)).Parse(string(text)))
	}

	for _, file := range files {
		name := filepath.Base(file)
		if strings.HasPrefix(name, "_") {
			continue
		}

		var out bytes.Buffer
		check(all.ExecuteTemplate(&out, name, root))
		// Helm prints "<no value>" as nothing, which would hide a misspelled value. Here it is an error.
		if strings.Contains(out.String(), "<no value>") {
			check(fmt.Errorf("%s: a value is missing:\n%s", name, out.String()))
		}

		if name != "NOTES.txt" { // must render, but is not a manifest
			fmt.Printf("---\n# Source: %s\n%s\n", name, out.String())
		}
	}
}

// helm returns the functions that Helm's engine adds to sprig.
func helm(all *template.Template) template.FuncMap {
	return template.FuncMap{
		"include": func(name string, data interface{}) (string, error) {
			var out bytes.Buffer
			err := all.ExecuteTemplate(&out, name, data)
			return out.String(), err
		},
		"required": func(message string, value interface{}) (interface{}, error) {
			if value == nil || value == "" {
				return nil, fmt.Errorf("%s", message)
			}
			return value, nil
		},
		"toYaml": func(value interface{}) string {
			var out bytes.Buffer
			encoder := yaml.NewEncoder(&out)
			encoder.SetIndent(2)
			check(encoder.Encode(value))
			return strings.TrimSuffix(out.String(), "\n")
		},
		"fromYaml": func(text string) values {
			read := values{}
			if err := yaml.Unmarshal([]byte(text), &read); err != nil {
				return values{"Error": err.Error()}
			}
			return read
		},
	}
}

// read converts YAML through JSON, as Helm does, so that every number is a float64.
func read(file string) values {
	text, err := os.ReadFile(file)
	check(err)
	var anything interface{}
	check(yaml.Unmarshal(text, &anything))
	middle, err := json.Marshal(anything)
	check(err)
	result := values{}
	check(json.Unmarshal(middle, &result))
	return result
}

func merge(into, from values) {
	for key, value := range from {
		below, isMap := value.(values)
		if already, both := into[key].(values); isMap && both {
			merge(already, below)
		} else {
			into[key] = value
		}
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
