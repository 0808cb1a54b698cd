package pattern

import "strings"

// common are words of log lines that are part of the text, and hardly ever what is filled
// in. A pattern's id depends on them: to add one changes the ids of lines that have it.
const common = `
a about above abort access account across action active add address after again against agent
alert all allow already also an and another any api app application are argument as ask at attempt
audit auth authentication authority authorization available away back backend backup bad be
because been before begin being below between block body both bound broken browser buffer bug
build bus busy but by bytes cache call can cancel cannot case certificate change channel check
child class clean clear client close cluster code column command commit config configuration
connect connection connections consumer container content context control cookie copy core corrupt
could count cpu create critical current cycle daemon data database date day days debug default
delay delete deny dependency detail details device did different digest directory disabled
disconnect disk dns do does domain done down download driver drop due duplicate duration during
each empty enabled end endpoint engine enough entries entry error errors even event events every
exact exceeds exception execute exist exists exit expected expire external fail failure fall fatal
fetch field fields file files filter find first flag flags flush for force foreign format found
frame free from full function gateway get give given go gone got group groups had handle handler
handshake has have header headers health heap heartbeat here high hit host hostname hour hours how
http https id idle if ignore illegal image in inbound incoming index info init input instance
instead interface internal interrupt interval into invalid io ip is issue it item items its job
jobs join just keep kernel key keys kill known large last late latency layer leader leave left
length level library limit line link list listener live load local lock log login logout long
lookup loop lost low machine main make manager many map master match max maximum maybe me memory
message messages method metadata metric min minimum minute minutes miss mode module monitor month
more most mount move much name namespace need network new next no node nodes non none nor not
notice now null number object of off offline offset ok old on once one online only open operation
or order origin other our out outbound output over own owner package packet packets page parent
parse partition pass password path pause peer pending per permission pid ping plugin point policy
poll pool port ports position post prepare present primary process processes producer program
proto protocol provider proxy publish put queue quit quota raise random range rate raw reached
read reader ready reason receive recent record records recover recovery redirect refuse region
register reject release reload remote remove rename repeat replica replication report request
requests require reset resolve resource response restart restore result results resume retry
return revert role rollback route router row rows rule run same save schedule scheduler schema
scope script search second seconds secret section security segment select send sent serial server
service services session set setup several shard share shut shutdown side signal since size skip
sleep slow snapshot so socket some source space spawn specific ssl stack stage stale standby start
startup state statement status step still stop storage store stream string subject submit success
successfully such sudo switch symbol sync syntax system table task tasks tcp temporary terminate
test than that the their them then there these they this thread threads through ticket time
timeout timer times to token too took topic total trace traffic transaction transfer transport
trigger true try turn type udp unable unavailable under unit unknown unless unlock unreachable
until up update upgrade upload upstream usage use user users using valid value values verify
version via virtual volume wait warn warning was watch watchdog way we were what when where which
while who why will window with within without work worker workers would write writer wrong year
yes yet you your zone
`

// filled are words that stand for a value: of a truth, of nothing, of a date.
const filled = `
true false True False TRUE FALSE null NULL nil nan NaN inf undefined Jan Feb Mar Apr May Jun Jul
Aug Sep Oct Nov Dec Mon Tue Wed Thu Fri Sat Sun UTC GMT CET CEST EST EDT PST PDT
`

// Ways in which a word may be known.
const (
	isCommon = 1 << iota
	isFilled // in one way to write it at least: see filledWords
)

// known has both lists, in small letters; filledWords has filled as it is written.
var known, filledWords = knownWords()

func knownWords() (all map[string]uint8, exact map[string]bool) {
	all, exact = map[string]uint8{}, map[string]bool{}
	for _, w := range strings.Fields(common) {
		all[w] |= isCommon
	}
	for _, w := range strings.Fields(filled) {
		all[strings.ToLower(w)] |= isFilled
		exact[w] = true
	}
	return all, exact
}

// minSuffixed is how long a word is whose ending counts.
const minSuffixed = 6

// maxKnown is how long a known word is at most.
const maxKnown = 16

// judge says what a word of letters and signs is, by itself. It is text if it is a common
// word, ends like one that says what happened or how, is a name in a program such as
// PacketResponder or pam_unix, or of capital letters alone.
func judge(w []byte) kind {
	var folded [maxKnown]byte
	upper, lower, inner := false, false, false
	for i, c := range w {
		switch {
		case c >= 'A' && c <= 'Z':
			upper = true
			inner = inner || i > 0 && w[i-1] >= 'a' && w[i-1] <= 'z'
			c |= 0x20
		case c >= 'a' && c <= 'z':
			lower = true
		case c == '_':
			inner = inner || i > 0 && i < len(w)-1
		}
		if i < maxKnown {
			folded[i] = c
		}
	}
	if len(w) <= maxKnown {
		how := known[string(folded[:len(w)])]
		if how&isFilled != 0 && filledWords[string(w)] {
			return value
		}
		if how&isCommon != 0 {
			return text
		}
	}
	if inner || upper && !lower || len(w) >= minSuffixed && hasSuffix(w) {
		return text
	}
	return plain
}

// hasSuffix reports whether w ends like a word that says what happened, or how.
func hasSuffix(w []byte) bool {
	ends := func(s string) bool { return string(w[len(w)-len(s):]) == s }
	switch w[len(w)-1] {
	case 'd':
		return ends("ed")
	case 'g':
		return ends("ing")
	case 'n':
		return ends("tion") || ends("sion")
	case 's':
		return ends("tions") || ends("ness") || ends("less")
	case 'y':
		return ends("ly")
	case 'e':
		return ends("able") || ends("ible") || ends("ance") || ends("ence")
	case 't':
		return ends("ment")
	case 'l':
		return ends("ful")
	}
	return false
}
