package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// startPrometheus starts Debian's Prometheus, which scrapes every second what the run has.
func (b *bed) startPrometheus(want wanted) error {
	program, err := want.find("prometheus", "prometheus")
	if err != nil {
		return err
	}
	jobs := map[string][]string{"prometheus": {b.at(portPrometheus)}}
	if want.proxy {
		jobs["service"] = []string{b.at(portStable), b.at(portCanary)}
		jobs["haproxy"] = []string{b.at(portProxyAdmin)}
	}
	if extra := os.Getenv("TMINUS_TESTBED_SCRAPE"); extra != "" {
		jobs["test"] = strings.Split(extra, ",")
	}
	var text strings.Builder
	text.WriteString("global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n")
	for name, targets := range jobs {
		fmt.Fprintf(&text, "  - job_name: %s\n    honor_labels: true\n    static_configs:\n      - targets: ['%s']\n",
			name, strings.Join(targets, "', '"))
	}
	config := b.path("prometheus.yml")
	if err := os.WriteFile(config, []byte(text.String()), 0o600); err != nil {
		return err
	}
	url := "http://" + b.at(portPrometheus)
	prometheus, err := b.add("prometheus", program, "--config.file="+config, "--storage.tsdb.path="+b.path("prometheus"),
		"--storage.tsdb.retention.time=6h", "--web.listen-address="+b.at(portPrometheus), "--web.enable-lifecycle")
	if err != nil {
		return err
	}
	b.export("PROMETHEUS_URL", url)
	return prometheus.until("ready", 30*time.Second, func() error { return answers(url + "/-/ready") })
}
