//! The XMP packet: title, dates, the claim which PDF/A the file is, and what TT 01/2023/TT-VPCP art. 9 wants known, in a
//! schema of our own that the packet itself describes (ISO 19005-2 §6.6.2.3.3).

use std::fmt::Write as _;

use super::meta::{CopyKind, PdfMeta};

/// The namespace of our own properties.
const NAMESPACE: &str = "urn:niem:archive:1.0:";
const PREFIX: &str = "niem";

/// Our properties: name and description.
const PROPERTIES: [(&str, &str); 9] = [
    (
        "copyKind",
        "master: the unaltered pixels of every page; convenience: made for reading, no evidence",
    ),
    (
        "documentType",
        "Code of the kind of paper (TT 01/2023/TT-VPCP art. 9)",
    ),
    (
        "owner",
        "Personal or tax number of the owner, or what else tells who it is",
    ),
    ("number", "Number and symbol of the paper"),
    ("issuedOn", "Day of issue"),
    ("issuer", "Who issued the paper"),
    ("summary", "What the paper is about"),
    ("validity", "How long the paper is valid"),
    ("territory", "Where the paper is valid"),
];

/// The title with the word that tells a convenience copy.
pub(crate) fn title(meta: &PdfMeta<'_>) -> String {
    match meta.copy {
        CopyKind::Master => meta.title.to_owned(),
        CopyKind::Convenience => format!("{} (bản để xem)", meta.title),
    }
}

/// The packet for PDF/A-`part`.
pub(crate) fn packet(meta: &PdfMeta<'_>, producer: &str, part: u8) -> String {
    // ISO 19005-1 knows the level B, the later parts U as well.
    let conformance = if part == 1 { 'B' } else { 'U' };
    let title = escape(&title(meta));
    let language = escape(meta.language);
    let producer = escape(producer);
    let at = meta.created.strftime("%Y-%m-%dT%H:%M:%SZ");
    let archive = &meta.archive;
    let values = [
        Some(meta.copy.name()),
        archive.document_type.as_deref(),
        archive.owner.as_deref(),
        archive.number.as_deref(),
        archive.issued_on.as_deref(),
        archive.issuer.as_deref(),
        archive.summary.as_deref(),
        archive.validity.as_deref(),
        archive.territory.as_deref(),
    ];
    let mut ours = String::new();
    let mut described = String::new();
    for ((name, description), value) in PROPERTIES.iter().zip(values) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            let _ = write!(
                ours,
                "\n   <{PREFIX}:{name}>{}</{PREFIX}:{name}>",
                escape(value)
            );
        }
        let _ = write!(
            described,
            r#"
       <rdf:li rdf:parseType="Resource">
        <pdfaProperty:name>{name}</pdfaProperty:name>
        <pdfaProperty:valueType>Text</pdfaProperty:valueType>
        <pdfaProperty:category>external</pdfaProperty:category>
        <pdfaProperty:description>{}</pdfaProperty:description>
       </rdf:li>"#,
            escape(description)
        );
    }
    format!(
        r#"<?xpacket begin="{bom}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
   <pdfaid:part>{part}</pdfaid:part>
   <pdfaid:conformance>{conformance}</pdfaid:conformance>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
   <dc:format>application/pdf</dc:format>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
   <dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
   <xmp:CreateDate>{at}</xmp:CreateDate>
   <xmp:ModifyDate>{at}</xmp:ModifyDate>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
   <pdf:Producer>{producer}</pdf:Producer>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:{PREFIX}="{NAMESPACE}">{ours}
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
   <pdfaExtension:schemas>
    <rdf:Bag>
     <rdf:li rdf:parseType="Resource">
      <pdfaSchema:schema>Digitised papers of a one-stop desk</pdfaSchema:schema>
      <pdfaSchema:namespaceURI>{NAMESPACE}</pdfaSchema:namespaceURI>
      <pdfaSchema:prefix>{PREFIX}</pdfaSchema:prefix>
      <pdfaSchema:property>
       <rdf:Seq>{described}
       </rdf:Seq>
      </pdfaSchema:property>
     </rdf:li>
    </rdf:Bag>
   </pdfaExtension:schemas>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"#,
        bom = '\u{feff}',
    )
}

/// A letter that XML cannot hold is dropped.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_can_break_out_of_its_element() {
        let bad = "</rdf:li> & \"x\"\u{0}";
        let mut meta = PdfMeta::new(bad, jiff::Timestamp::UNIX_EPOCH);
        meta.archive.issuer = Some(bad.to_owned());
        meta.archive.number = Some(String::new());
        let packet = packet(&meta, "p", 2);
        let escaped = "&lt;/rdf:li&gt; &amp; &quot;x&quot;<";
        assert_eq!(packet.matches(escaped).count(), 2);
        assert!(packet.contains("<xmp:CreateDate>1970-01-01T00:00:00Z<"));
        assert!(
            !packet.contains("<niem:number>"),
            "what is not known is left out"
        );
    }

    #[test]
    fn a_convenience_copy_says_so() {
        let mut meta = PdfMeta::new("Giấy khai sinh", jiff::Timestamp::UNIX_EPOCH);
        assert!(packet(&meta, "p", 2).contains("<niem:copyKind>master<"));
        meta.copy = CopyKind::Convenience;
        let packet = packet(&meta, "p", 2);
        assert!(
            packet.contains("<niem:copyKind>convenience<")
                && packet.contains(">Giấy khai sinh (bản để xem)<")
        );
    }
}
