package lpeg

// suffix reads an expression and what is applied to it.
func (p *reParser) suffix() *reNode {
	n := p.primary()
	if n == nil {
		return nil
	}
	p.space()
	e := &reNode{kind: reSuffix, list: []*reNode{n}}
	for {
		s := p.oneSuffix()
		if s == nil {
			break
		}
		e.list = append(e.list, s)
		p.space()
	}
	if len(e.list) == 1 {
		return n
	}
	return e
}

// oneSuffix reads one thing that is applied to what stands before it.
func (p *reParser) oneSuffix() *reNode {
	start := p.at
	for _, mark := range []string{"+", "*", "?"} {
		if p.take(mark) {
			return &reNode{kind: reRepeat, text: mark}
		}
	}
	var n *reNode
	switch {
	case p.take("^"):
		n = p.power()
	case p.take("->"):
		p.space()
		n = p.target()
	case p.take("=>"):
		n = p.named(reMatchTime)
	case p.take("~>"):
		n = p.named(reFoldByName)
	}
	if n == nil {
		p.at = start
	}
	return n
}

// named reads a name.
func (p *reParser) named(k reKind) *reNode {
	p.space()
	if name := p.name(); name != "" {
		return &reNode{kind: k, text: name}
	}
	return nil
}

// power reads what stands behind ^.
func (p *reParser) power() *reNode {
	if n := p.digits(); n != "" {
		return &reNode{kind: rePower, text: n}
	}
	if p.is("+", "-") {
		sign := p.s[p.at : p.at+1]
		p.at++
		if n := p.digits(); n != "" {
			return &reNode{kind: reMinMax, text: sign + n}
		}
	}
	return nil
}

// target reads what stands behind ->.
func (p *reParser) target() *reNode {
	if text, ok := p.quoted(); ok {
		return &reNode{kind: reToText, text: text}
	}
	if n := p.digits(); n != "" {
		return &reNode{kind: reToNumber, text: n}
	}
	if p.take("{}") {
		return &reNode{kind: reToTable}
	}
	if name := p.name(); name != "" {
		return &reNode{kind: reToName, text: name}
	}
	return nil
}

// primary reads an expression that nothing is applied to.
func (p *reParser) primary() *reNode {
	start := p.at
	if n := p.bracketed(); n != nil {
		return n
	}
	p.at = start
	if text, ok := p.quoted(); ok {
		return &reNode{kind: reText, text: text}
	}
	switch {
	case p.is("["):
		if n := p.class(); n != nil {
			return n
		}
	case p.take("%"):
		if name := p.name(); name != "" {
			return &reNode{kind: reDefined, text: name}
		}
	case p.take("="):
		if name := p.name(); name != "" {
			return &reNode{kind: reBack, text: name}
		}
	case p.take("."):
		return &reNode{kind: reAny}
	case p.take("<"):
		if name := p.name(); name != "" && p.take(">") {
			return &reNode{kind: reCall, text: name}
		}
	case p.defines() == "":
		if name := p.name(); name != "" {
			return &reNode{kind: reCall, text: name}
		}
	}
	p.at = start
	return nil
}

// bracketed reads an expression in brackets.
func (p *reParser) bracketed() *reNode {
	start := p.at
	if p.take("(") {
		return p.closed(")", "", nil)
	}
	if !p.is("{") {
		return nil
	}
	if p.take("{:") {
		name := p.name()
		if name != "" && !p.take(":") {
			name, p.at = "", start+2
		}
		if n := p.closed(":}", name, &reNode{kind: reGroup}); n != nil {
			return n
		}
		p.at = start
	}
	if p.take("{}") {
		return &reNode{kind: rePosition}
	}
	for _, b := range [3][2]string{{"{~", "~}"}, {"{|", "|}"}, {"{", "}"}} {
		if p.take(b[0]) {
			if n := p.closed(b[1], b[0], &reNode{kind: reCaptured}); n != nil {
				return n
			}
			p.at = start
		}
	}
	return nil
}

// closed reads an expression up to token, and returns it in outer, with text.
func (p *reParser) closed(token, text string, outer *reNode) *reNode {
	n := p.exp()
	switch {
	case !p.take(token):
		return nil
	case outer == nil:
		return n
	}
	outer.text, outer.list = text, []*reNode{n}
	return outer
}

// class reads a class of characters.
func (p *reParser) class() *reNode {
	p.take("[")
	e := &reNode{kind: reClass}
	if p.take("^") {
		e.text = "^"
	}
	for p.at < len(p.s) && (len(e.list) == 0 || p.s[p.at] != ']') {
		e.list = append(e.list, p.item())
	}
	if !p.take("]") {
		return nil
	}
	return e
}

// item reads one item of a class.
func (p *reParser) item() *reNode {
	start := p.at
	if p.take("%") {
		if name := p.name(); name != "" {
			return &reNode{kind: reDefined, text: name}
		}
		p.at = start
	}
	if s := p.s[p.at:]; len(s) > 2 && s[1] == '-' && s[2] != ']' {
		p.at += 3
		return &reNode{kind: reRange, text: s[:1] + s[2:3]}
	}
	p.at++
	return &reNode{kind: reText, text: p.s[start:p.at]}
}
