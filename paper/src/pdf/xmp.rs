//! The XMP packet: title, dates, and the claim which PDF/A the file is.

use crate::pdf::PdfMeta;

/// The packet for PDF/A-`part`, conformance level U (ISO 19005-2 §6.6.4).
pub(crate) fn packet(meta: &PdfMeta<'_>, producer: &str, part: u8) -> String {
    let title = escape(meta.title);
    let language = escape(meta.language);
    let at = meta.created.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!(
        r#"<?xpacket begin="{bom}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
   <pdfaid:part>{part}</pdfaid:part>
   <pdfaid:conformance>U</pdfaid:conformance>
   <dc:format>application/pdf</dc:format>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
   <dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
   <xmp:CreateDate>{at}</xmp:CreateDate>
   <xmp:ModifyDate>{at}</xmp:ModifyDate>
   <pdf:Producer>{producer}</pdf:Producer>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"#,
        bom = '\u{feff}',
        producer = escape(producer),
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
    fn a_title_cannot_break_out_of_its_element() {
        let meta = PdfMeta {
            title: "</rdf:li> & \"x\"\u{0}",
            created: jiff::Timestamp::UNIX_EPOCH,
            language: "vi",
            fields_json: None,
        };
        let packet = packet(&meta, "p", 2);
        assert!(packet.contains("&lt;/rdf:li&gt; &amp; &quot;x&quot;<"));
        assert!(packet.contains("<xmp:CreateDate>1970-01-01T00:00:00Z<"));
    }
}
