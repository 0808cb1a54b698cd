package stdlib

// lookAhead notes at each item what the items behind it must begin with, and where that
// makes it sure how often it is repeated. It returns what a match begins with.
func lookAhead(items []item) follow {
	var then follow
	for i := len(items) - 1; i >= 0; i-- {
		it := &items[i]
		it.then = then
		switch it.kind {
		case kEnd:
			then = follow{kind: fAlways}
		case kFinish:
			then = follow{kind: fFinish}
		case kOpen, kPlace, kClose: // they take nothing
		case kBalance:
			then = follow{kind: fByte, c: it.c}
		case kSingle:
			it.settle()
			switch {
			case it.quant != 0 && it.quant != '+':
				then = follow{}
			case it.set == nil:
				then = follow{kind: fByte, c: it.c}
			default:
				then = follow{kind: fSet, set: it.set}
			}
		default:
			then = follow{}
		}
	}
	return then
}

// settle finds out whether a repeated single has one length only that can go with what
// follows it.
func (it *item) settle() {
	switch it.then.kind {
	case fAlways:
		it.sure, it.none = true, it.quant == '-'
	case fFinish:
		it.sure = true
	case fByte:
		it.sure = !it.has(it.then.c)
	case fSet:
		it.sure = true
		if it.set == nil {
			it.sure = !it.then.set[it.c]
			return
		}
		for c, in := range it.set {
			if in && it.then.set[c] {
				it.sure = false
				return
			}
		}
	}
}

// may reports whether what follows an item can begin at s[at].
func (f *follow) may(s string, at int) bool {
	switch f.kind {
	case fByte:
		return at < len(s) && s[at] == f.c
	case fSet:
		return at < len(s) && f.set[s[at]]
	case fFinish:
		return at == len(s)
	}
	return true
}

// prefixOf returns the bytes that every match begins with, if they are more than one.
func prefixOf(items []item) string {
	var b []byte
	for _, it := range items {
		if it.kind != kSingle || it.set != nil || it.quant != 0 {
			break
		}
		b = append(b, it.c)
	}
	if len(b) < 2 {
		return ""
	}
	return string(b)
}
