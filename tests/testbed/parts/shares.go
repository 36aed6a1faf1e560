package main

import (
	"encoding/json"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
)

// Which of two names is the canary: these endings say so; else the second of a list is.
var canaryName = regexp.MustCompile(`(^|[-_.])(canary|candidate|green|preview|next|new|v2)$`)

// What a test can write on an object to say what its name does not.
const (
	canaryAnnotation = "testbed.tminus.test/canary"
	loadAnnotation   = "testbed.tminus.test/load"
)

// shares works out the share of each router object; listed says whether every kind was read once.
func (s *store) shares() (map[string]share, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found := map[string]share{}
	behind := map[string]bool{}
	add := func(kind string, o *object, stable, canary float64) {
		route := kind + "/" + o.key()
		load := o.Metadata.Annotations[loadAnnotation] != "off"
		stable, canary = percent(stable, canary)
		found[route] = share{Route: route, Stable: stable, Canary: canary, Load: load}
	}
	for _, o := range s.kinds["httproute"] {
		var sides []side
		for _, rule := range o.Spec.Rules {
			if len(sides) < 2 && len(rule.BackendRefs) > len(sides) {
				sides = nil
				for _, ref := range rule.BackendRefs {
					weight := 1.0
					if ref.Weight != nil {
						weight = *ref.Weight
					}
					sides = append(sides, side{ref.Name, weight})
					behind[o.Metadata.Namespace+"/"+ref.Name] = true
				}
			}
		}
		stable, canary := split(o, sides)
		add("httproute", o, stable, canary)
	}
	for _, o := range s.kinds["virtualservice"] {
		var sides []side
		for _, http := range o.Spec.HTTP {
			if len(sides) < 2 && len(http.Route) > len(sides) {
				sides = nil
				for _, to := range http.Route {
					name := to.Destination.Subset
					if name == "" {
						name, _, _ = strings.Cut(to.Destination.Host, ".")
					}
					sides = append(sides, side{name, to.Weight})
					short, _, _ := strings.Cut(to.Destination.Host, ".")
					behind[o.Metadata.Namespace+"/"+short] = true
				}
			}
		}
		if len(sides) == 1 {
			sides[0].weight = 100 // Istio ignores the weight of an only destination
		}
		stable, canary := split(o, sides)
		add("virtualservice", o, stable, canary)
	}
	for _, o := range s.kinds["rollout"] {
		if weights := o.Status.Canary.Weights; weights != nil {
			add("rollout", o, weights.Stable.Weight, weights.Canary.Weight)
			continue
		}
		stable, canary := s.count(o.Metadata.Namespace, o.matchLabels())
		add("rollout", o, stable, canary)
	}
	for _, o := range s.kinds["deployment"] {
		labels := o.matchLabels()
		if service := s.serviceOf(o); service != nil {
			labels = service.selector()
		}
		stable, canary := s.count(o.Metadata.Namespace, labels)
		add("deployment", o, stable, canary)
	}
	for _, o := range s.kinds["service"] {
		if selector := o.selector(); len(selector) > 0 {
			stable, canary := s.count(o.Metadata.Namespace, selector)
			add("service", o, stable, canary)
			// One behind a router gets its requests through that.
			if behind[o.key()] {
				one := found["service/"+o.key()]
				one.Load = false
				found[one.Route] = one
			}
		}
	}
	return found, len(s.listed) == len(watched)
}

type side struct {
	name   string
	weight float64
}

// split sums the weights of both sides.
func split(o *object, sides []side) (stable, canary float64) {
	named := o.Metadata.Annotations[canaryAnnotation]
	matching := 0
	for _, one := range sides {
		if canaryName.MatchString(one.name) {
			matching++
		}
	}
	for i, one := range sides {
		is := i > 0
		switch {
		case named != "":
			is = one.name == named
		case matching > 0 && matching < len(sides) || len(sides) == 1:
			is = canaryName.MatchString(one.name)
		}
		if is {
			canary += one.weight
		} else {
			stable += one.weight
		}
	}
	return stable, canary
}

// percent makes shares of two weights, to half a percent; a side that gets something keeps at least that.
func percent(stable, canary float64) (float64, float64) {
	sum := stable + canary
	if sum <= 0 {
		return 0, 0
	}
	part := math.Round(canary/sum*200) / 2
	if canary > 0 {
		part = max(part, 0.5)
	}
	if stable > 0 {
		part = min(part, 99.5)
	}
	return 100 - part, part
}

// count counts the ready pods of both sides that labels select.
func (s *store) count(namespace string, labels map[string]string) (stable, canary float64) {
	for _, pod := range s.kinds["pod"] {
		if pod.Metadata.Namespace != namespace || pod.Metadata.DeletionTimestamp != nil || !pod.ready() || !selects(labels, pod.Metadata.Labels) {
			continue
		}
		if s.isCanary(pod) {
			canary++
		} else {
			stable++
		}
	}
	return stable, canary
}

// isCanary says which side a pod is on: by its label `track`, by the Rollout it belongs to, by a label that names
// a version, by the name of its Deployment, or because its template is not the one the Deployment had first.
func (s *store) isCanary(pod *object) bool {
	labels := pod.Metadata.Labels
	if track := labels["track"]; track != "" {
		return track == "canary"
	}
	if hash := labels["rollouts-pod-template-hash"]; hash != "" {
		for _, rollout := range s.kinds["rollout"] {
			if rollout.Metadata.Namespace == pod.Metadata.Namespace && selects(rollout.matchLabels(), labels) {
				return rollout.Status.StableRS != "" && rollout.Status.StableRS != hash
			}
		}
	}
	for _, name := range []string{"version", "color", "colour", "slot", "role"} {
		if canaryName.MatchString(labels[name]) {
			return true
		}
	}
	for _, owner := range pod.Metadata.OwnerReferences {
		set := s.kinds["replicaset"][pod.Metadata.Namespace+"/"+owner.Name]
		if set == nil {
			continue
		}
		for _, above := range set.Metadata.OwnerReferences {
			if canaryName.MatchString(above.Name) {
				return true
			}
			deployment, hash := pod.Metadata.Namespace+"/"+above.Name, labels["pod-template-hash"]
			if s.kinds["deployment"][deployment] != nil && s.first[deployment] == "" {
				s.first[deployment] = hash
			}
			return s.first[deployment] != hash
		}
	}
	return false
}

// serviceOf is the Service that selects a Deployment's pods: those of its peers get a share of the same traffic.
func (s *store) serviceOf(deployment *object) *object {
	labels := deployment.matchLabels()
	for _, key := range slices.Sorted(maps.Keys(s.kinds["service"])) {
		service := s.kinds["service"][key]
		if service.Metadata.Namespace == deployment.Metadata.Namespace && len(service.selector()) > 0 && selects(service.selector(), labels) {
			return service
		}
	}
	return nil
}

func (o *object) ready() bool {
	return slices.ContainsFunc(o.Status.Conditions, func(c struct{ Type, Status string }) bool {
		return c.Type == "Ready" && c.Status == "True"
	})
}

// selector is a Service's.
func (o *object) selector() map[string]string {
	var labels map[string]string
	json.Unmarshal(o.Spec.Selector, &labels)
	return labels
}

// matchLabels are a Deployment's or Rollout's.
func (o *object) matchLabels() map[string]string {
	var selector struct{ MatchLabels map[string]string }
	json.Unmarshal(o.Spec.Selector, &selector)
	return selector.MatchLabels
}

func selects(wanted, labels map[string]string) bool {
	for name, value := range wanted {
		if labels[name] != value {
			return false
		}
	}
	return len(wanted) > 0
}
